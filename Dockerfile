# The image runs without configuration, in front of the embedded emulator; see the README's settings for the real API.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json schema.graphql ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:24-slim
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/assets assets
COPY package.json schema.graphql ./
RUN mkdir data && chown node:node data
VOLUME /app/data
USER node
ENV HOST=0.0.0.0 PORT=4000
# The allocator keeps what was freed, as much as once was taken: in a container of 256 MB that may be a hundred too many.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
