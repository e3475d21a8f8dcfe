import {
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from "graphql";
import type { Fields } from "../connect/index.ts";

type Needs = Readonly<Record<string, Fields>>;

const id: Fields = { id: true };
const listed: Needs = { integrationTypesRaw: { integrationTypes: true } };
const pages: Needs = { exists: { total: true } };
const applicationType: Fields = { applicationType: true };
const typed: Needs = { typeRaw: { type: true } };

/**
 * What a field needs of upstream's object when that is not the field of the same name. A test asks for every field with and without
 * the others and compares.
 */
const NEEDS: Readonly<Record<string, Needs>> = {
  ConnectorQueryResult: pages,
  ConnectorStagedQueryResult: pages,
  DeploymentQueryResult: pages,
  Connector: { ...listed, connectorStaged: id, deployments: id },
  ConnectorStaged: {
    ...listed,
    statusRaw: { status: true },
    isPreviewableRaw: { isPreviewable: true },
    previewable: { isPreviewable: true },
    feedbackRequired: { status: true, certificationInfo: true },
    connector: id,
    deployments: id,
  },
  ConnectorConfigurationApplication: { applicationTypeRaw: applicationType },
  ConnectorReportEntry: typed,
  Deployment: {
    type: { type: true, preview: true },
    typeRaw: { type: true, preview: true },
    statusRaw: { status: true },
    liveConnector: { connector: id },
    liveConnectorStaged: { connector: id },
  },
  DeploymentConnector: listed,
  DeploymentReportEntry: typed,
  // The mask needs nothing: what upstream sent in its place is not even read.
  SecuredConfigurationValue: { value: {} },
};

/** A document's schema and fragments. */
export type Document = { readonly schema: GraphQLSchema; readonly fragments: Readonly<Record<string, FragmentDefinitionNode>> };

/** The fields of upstream's object that a selection of `type` reads; conditions are taken for met. */
export function fieldsOf(document: Document, type: GraphQLObjectType, selections: SelectionSetNode): Fields {
  const found: Record<string, Fields | true> = Object.create(null) as Record<string, Fields | true>;
  for (const node of selections.selections) {
    if (node.kind === Kind.FIELD) merge(found, ofField(document, type, node.name.value, node.selectionSet));
    else {
      const set = node.kind === Kind.INLINE_FRAGMENT ? node.selectionSet : document.fragments[node.name.value]?.selectionSet;
      if (set !== undefined) merge(found, fieldsOf(document, type, set));
    }
  }
  return found;
}

function ofField(document: Document, type: GraphQLObjectType, name: string, selections: SelectionSetNode | undefined): Fields {
  const other = NEEDS[type.name]?.[name];
  if (other !== undefined) return other;
  const field = type.getFields()[name];
  // `__typename` needs nothing.
  if (field === undefined) return {};
  const inner = getNamedType(field.type);
  return { [name]: selections === undefined || !isObjectType(inner) ? true : fieldsOf(document, inner, selections) };
}

function merge(into: Record<string, Fields | true>, more: Fields): void {
  for (const [name, fields] of Object.entries(more)) {
    const held = into[name];
    if (held === undefined || fields === true) into[name] = fields === true ? true : { ...fields };
    else if (held !== true) merge(held, fields);
  }
}
