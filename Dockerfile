# Builds the operator's image from nothing but this repository. The bundle is the same on every architecture, so it is made once,
# on the builder's own; only the last stage is of the target's.
#
# The two tags are the most exact that stay: a digest would have to be looked up in a registry, and one that nobody renews keeps
# what was mended since. .github/workflows/release.yml looks them up when it builds, checks who signed the second, and hands them in.
ARG BUILD_IMAGE=node:24.21.0-bookworm-slim
ARG RUN_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM --platform=$BUILDPLATFORM $BUILD_IMAGE AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json LICENSE ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

# No shell, no package manager; runs as user 65532 and writes nothing, so a read-only root file system does.
FROM $RUN_IMAGE
LABEL org.opencontainers.image.title="perennial" \
      org.opencontainers.image.description="Keeps certificates alive, whatever the CA speaks" \
      org.opencontainers.image.licenses="Apache-2.0"
# As scripts/image-files.ts has it.
COPY --from=build /src/dist/perennial.mjs /app/perennial.mjs
COPY --from=build /src/dist/sbom.cdx.json /app/sbom.cdx.json
COPY --from=build /src/LICENSE /app/LICENSE
# As scripts/launch.ts has it.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
USER 65532:65532
EXPOSE 8089 8444 9402
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=4", "--initial-old-space-size=24", "--heap-growing-percent=20", "--liftoff-only", "--v8-pool-size=2", "--permission", "--allow-fs-read=*", "--disable-proto=delete", "/app/perennial.mjs"]
