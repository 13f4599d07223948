// A foreign service, ES modules: what `node --import sightline/register` is pointed at.
import express from 'express';
import pino from 'pino';

const logger = pino();
const app = express();
app.get('/things/:id', (request, response) => {
  logger.info({ id: request.params.id }, 'thing asked for');
  response.json({ id: request.params.id });
});
const shop = express.Router();
shop.get('/things/:id', (request, response) => response.json({ id: request.params.id }));
shop.get('/broken', (_request, _response, next) => next(new Error('broken')));
shop.get('/', (_request, response) => response.json([]));
app.use('/shops', express.Router().use('/:shop', shop));
app.get('/health', (_request, response) => response.end());
const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port));
