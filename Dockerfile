# Builds the operator's image from nothing but this repository.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

# No shell, no package manager; runs as user 65532 and writes nothing, so a read-only root file system does.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
COPY --from=build /src/dist/perennial.mjs /app/perennial.mjs
# As scripts/launch.ts has it.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
USER 65532:65532
EXPOSE 8089 9402
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=4", "--optimize-for-size", "/app/perennial.mjs"]
