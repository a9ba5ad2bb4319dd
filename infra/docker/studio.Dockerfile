# Studio with its face of the console. Build from the root of the checkout:
#   docker build -f infra/docker/studio.Dockerfile -t tandem-studio .
ARG NODE_VERSION=20

FROM node:${NODE_VERSION}-bookworm-slim AS build
ENV COREPACK_ENABLE_DOWNLOAD_PROMPT=0 TURBO_TELEMETRY_DISABLED=1
WORKDIR /checkout
# Manifests first: as long as no dependency changes, the install below comes from the layer cache.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml turbo.json tsconfig.base.json ./
COPY apps/v1/package.json apps/v1/
COPY apps/studio/package.json apps/studio/
COPY apps/console/package.json apps/console/
COPY packages/contracts/package.json packages/contracts/
COPY packages/platform/package.json packages/platform/
COPY packages/devkit/package.json packages/devkit/
RUN corepack pnpm install --frozen-lockfile
COPY apps apps
COPY packages packages
RUN corepack pnpm build --filter=@tandem/studio --filter=@tandem/console
# The app with its production dependencies only, as a folder that needs nothing of the workspace.
RUN corepack pnpm --filter @tandem/studio deploy --prod --legacy /app \
  && rm -rf /app/src /app/test /app/.turbo \
  && cp -r apps/console/dist/studio /app/console

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production CONSOLE_DIR=/app/console
WORKDIR /app
COPY --from=build /app /app
# The image's own unprivileged user. The service writes nothing to disk.
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.STUDIO_PORT ?? 3000) + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
