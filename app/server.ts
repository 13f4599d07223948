import { timingSafeEqual } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express, { type RequestHandler, type Router } from 'express';
import type { Logger } from 'pino';
import { flushTelemetry } from '../telemetry/flush.ts';
import { exposition, type Metrics } from '../telemetry/metrics.ts';
import type { Service } from '../telemetry/signals.ts';
import { spanMetrics } from '../telemetry/span-counts.ts';
import type { Config } from './config.ts';
import { HttpError } from './errors.ts';
import type { Faults } from './fault-switch.ts';
import { isFault } from './faults.ts';
import { answerErrors, notFound, observeRequests, traceHeaders } from './middleware.ts';

/** What one role brings to its server. */
export interface Role {
  /** Its public routes. */
  router: Router;
  /** Takes telemetry: before the routes, which are measured, logged and traced. */
  relay?: Router;
  /** True when it can serve: its database is reachable and migrated; for the storefront, the services behind it have been ready. */
  ready(): Promise<boolean>;
  /** Closes what it holds, after its last request. */
  close(): Promise<void>;
}

export interface Running {
  port: number;
  internalPort: number;
  /** Takes no more requests, lets those in flight finish (1 s), closes the role, sends the last spans (0.7 s): within 2 s, whatever is away. */
  stop(): Promise<void>;
}

/** What every role is given. */
export interface Shop {
  service: Service;
  config: Config;
  metrics: Metrics;
  logger: Logger;
  faults: Faults;
}

/** Serves `role` on the public port, and metrics, health and control on the internal one. */
export async function serve(shop: Shop, role: Role): Promise<Running> {
  const { config, logger } = shop;
  const publicServer = await listen(publicApp(shop, role), config.PORT, config.HOST);
  shop.faults.during('dependency-down', () => cutOff(publicServer));
  const internalServer = await listen(internalApp(shop, role), config.INTERNAL_PORT, config.INTERNAL_HOST ?? config.HOST);
  const running = { port: portOf(publicServer), internalPort: portOf(internalServer) };
  logger.info(running, `${shop.service} listens`);
  return {
    ...running,
    async stop() {
      logger.info(`${shop.service} stops`);
      await drain(publicServer, 1000);
      await bounded(role.close(), 200);
      await flushTelemetry(700);
      internalServer.closeAllConnections();
      internalServer.close();
      await new Promise((resolve) => logger.flush(resolve));
    },
  };
}

function publicApp(shop: Shop, role: Role): RequestListener {
  const app = express().disable('x-powered-by');
  app.use(health(role));
  if (role.relay) app.use(role.relay);
  app.use(traceHeaders, observeRequests(shop.metrics, shop.logger), express.json({ limit: '64kb' }), role.router);
  return app.use(notFound, answerErrors(shop.logger));
}

function internalApp(shop: Shop, role: Role): RequestListener {
  const app = express().disable('x-powered-by');
  app.use(health(role));
  app.get('/metrics', async (_request, response) => {
    response
      .type('application/openmetrics-text; version=1.0.0; charset=utf-8')
      .send(await exposition(shop.metrics.registry, spanMetrics));
  });
  app.use('/control', bearer(shop.config.controlToken));
  app.get('/control/faults', (_request, response) => void response.json(shop.faults.list(shop.service)));
  app.put('/control/faults/:name', express.json(), (request, response) => {
    const { name } = request.params;
    if (!isFault(name) || !(name in shop.faults.list(shop.service)))
      throw new HttpError(404, 'unknown_fault', `${shop.service} has no fault ${name}`);
    if (typeof request.body?.on !== 'boolean')
      throw new HttpError(400, 'invalid_input', 'on: must be true or false', { field: 'on' });
    shop.faults.set(name, request.body.on);
    response.json(shop.faults.list(shop.service));
  });
  return app.use(notFound, answerErrors(shop.logger));
}

function health(role: Role): Router {
  const router = express.Router();
  router.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  router.get('/health/ready', async (_request, response) => {
    const ready = await role.ready();
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ready' : 'waiting for the database, or for a service behind this one' });
  });
  return router;
}

/** Without a token there is no control at all: 401 for everybody. */
function bearer(token: string | undefined): RequestHandler {
  const expected = Buffer.from(`Bearer ${token}`);
  return (request, _response, next) => {
    const given = Buffer.from(request.get('authorization') ?? '');
    if (!token || given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new HttpError(401, 'unauthorized', 'send the control token as bearer token');
    next();
  };
}

function listen(app: RequestListener, port: number, host: string): Promise<Server> {
  // A slow sender may hold a connection for 10 s; the idle time-out is longer than a client's, so that it is the client who closes.
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: 30_000 }, app);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} is taken; set PORT or INTERNAL_PORT to another one`) : error);
    });
    server.listen(port, host, () => resolve(server));
  });
}

/** Cuts every connection to `server`, those that are open and those to come, until what it returns is called. */
function cutOff(server: Server): () => void {
  const cut = (socket: Socket) => socket.destroy();
  server.on('connection', cut);
  server.closeAllConnections();
  return () => void server.off('connection', cut);
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function drain(server: Server, milliseconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await bounded(closed, milliseconds);
  server.closeAllConnections();
}

function bounded(work: Promise<void>, milliseconds: number): Promise<void> {
  return Promise.race([work.catch(() => {}), new Promise<void>((resolve) => setTimeout(resolve, milliseconds))]);
}
