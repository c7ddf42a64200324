# syntax=docker/dockerfile:1
# Node 24: the long-term support line.
FROM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --no-audit --no-fund
COPY src src
RUN npx tsc -b && npm prune --omit=dev --no-audit --no-fund

FROM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe
ENV NODE_ENV=production EINWAHL_CONFIG=/etc/einwahl/einwahl.yaml
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/src dist/src
# einwahl only lists these recordings: FreeSWITCH plays them from a folder with the same path.
COPY freeswitch/sounds freeswitch/sounds
RUN install -d -o node -g node -m 0700 /var/lib/einwahl /var/log/einwahl
USER node
# EINWAHL_HTTP_PORT must be http.port of the configuration; default 8080.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.EINWAHL_HTTP_PORT ?? 8080) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# --disable-sigusr1: otherwise the signal opens a debugger that can read the whole memory. Source maps: stack traces name src/*.ts.
ENTRYPOINT ["node", "--disable-sigusr1", "--enable-source-maps", "dist/src/main.js"]
