import { fail } from "./errors.ts";
import { parseSpecification, SpecificationError } from "./specification.ts";
import type { Specification } from "./types.ts";

/** What a Git tag holds: a connect.yaml, none (`missing`), or nothing that can be reached. */
export type Fixture = { readonly url: string; readonly tag: string } & (
  | { readonly connectYaml: string }
  | { readonly missing: true }
  | { readonly unreachable: true }
);

/** The emulator's Git: files by repository and tag. */
export type Repositories = {
  /** Sets what stands at a tag from now on. */
  put(fixture: Fixture): void;
  /** Reads the specification at a tag, or throws one of the four errors that Connect has for it. */
  read(url: string, tag: string): Specification;
};

/** Makes the repositories; one repository has the same content under its HTTPS and SSH address. */
export function createRepositories(fixtures: readonly Fixture[]): Repositories {
  const held = new Map<string, Fixture>();
  const put = (fixture: Fixture): void => void held.set(`${identity(fixture.url)} ${fixture.tag}`, fixture);
  for (const fixture of fixtures) put(fixture);
  return {
    put,
    read: (url, tag) => {
      const fixture = held.get(`${identity(url)} ${tag}`);
      if (fixture === undefined || "unreachable" in fixture) throw fail.repositoryNotReachable();
      if ("missing" in fixture) throw fail.specificationNotFound(url, tag);
      try {
        return parseSpecification(fixture.connectYaml);
      } catch (error) {
        if (error instanceof SpecificationError) throw fail.specificationNotValid(url, tag, error.message);
        throw error;
      }
    },
  };
}

/** `git@host:owner/name.git`, `ssh://git@host/owner/name.git` and `https://host/owner/name.git` are the same repository. */
function identity(url: string): string {
  return url
    .replace(/^(https?|ssh):\/\//, "")
    .replace(/^git@([^:/]+)[:/]/, "$1/")
    .replace(/\.git$/, "")
    .toLowerCase();
}
