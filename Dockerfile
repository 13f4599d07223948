# One image for every TypeScript role: the shop's services, init, welcome, verify. The base is NODE_IMAGE in .env.
ARG NODE_IMAGE

FROM ${NODE_IMAGE} AS build
WORKDIR /sightline
COPY package.json package-lock.json .npmrc ./
# Without scripts: the build needs compilers and types, not the browsers and databases that some packages would set up.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM ${NODE_IMAGE} AS production
WORKDIR /sightline
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /sightline
COPY --from=production /sightline/node_modules node_modules
COPY package.json ./
# What verify and welcome read: the addresses, and the queries that Grafana's files hold.
COPY .env grafana-datasources.yml ./
COPY grafana-dashboards grafana-dashboards
COPY docs/runbooks docs/runbooks
COPY live/openapi.yml live/
COPY --from=build /sightline/live/web/dist live/web/dist
COPY --from=build /sightline/app/web/dist app/web/dist
COPY --from=build /sightline/dist dist
USER node
