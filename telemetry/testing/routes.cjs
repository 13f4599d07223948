// An Express application with every kind of route: what the comparison of our preload with the packages alone asks.
const { createServer } = require('node:http');

/** `express` of version 4 or 5: their patterns differ. Tells its port, and ends when it is told to. */
module.exports = function serve(express) {
  const isFour = !('prototype' in express.Router && 'route' in express.Router.prototype);
  const rest = isFour ? '*' : '{*rest}';
  const app = express();
  const router = () => express.Router({ mergeParams: true });
  const ok = (_request, response) => response.send('ok');
  const next = (_request, _response, go) => go();
  const fail = () => {
    throw new Error('broken');
  };

  app.use(next, express.json());
  app.get('/', ok);
  app.get('/users/:id', ok);
  app.get('/users/:id/books/:book', ok);
  app.get(isFour ? '/optional/:x?' : '/optional{/:x}', ok);
  app.get(isFour ? '/wild/*' : '/wild/*rest', ok);
  app.get(/^\/number\/(\d+)$/, ok);
  app.get(['/one', '/other'], ok);
  app.get(['/mixed', /^\/mix(ed)?ture$/], ok);
  app.route('/chain').get(ok).post(ok);
  app.all('/all', ok);
  app.all(`/guarded/${rest}`, next);
  app.use('/guarded', router().get('/thing', ok));
  app.get('/fall/:id', next);
  app.get('/twice/:id', next);
  app.get('/twice/:name', ok);
  app.get('/skip/:id', (_request, _response, go) => go('route'), fail);
  app.get('/skip/:id', ok);
  app.get('/several', [next, next], next, ok);
  app.use('/deep', router().use('/:a', router().use('/b', router().get('/:c', ok))));
  app.use(router().get('/pathless', ok).use(router().get('/more-pathless', ok)));
  app.use('/root', router().get('/', ok));
  app.use('/shops/:shop', router().get('/things/:id', ok).all('/all', ok).post('/things', ok));
  app.use(['/left', '/right'], router().get('/thing', ok));
  app.use(/^\/regular/, router().get('/thing', ok));
  app.use(
    '/leave',
    router()
      .use((_request, _response, go) => go('router'))
      .get('/thing', fail),
  );
  app.get('/leave/thing', ok);
  app.use('/through', router().get('/elsewhere', fail));
  app.get('/through/thing', ok);
  const shared = router().get('/shared', ok);
  app.use('/first', shared);
  app.use('/second', shared);
  app.use('/mounted', express().get('/thing/:id', ok).use('/again', express().get('/thing', ok)));
  const inner = router().get('/thing', ok);
  app.use('/by-hand', (...request) => inner(...request));
  app.use('/static', express.static(__dirname));
  app.get('/file', (_request, response) => response.sendFile(__filename));
  app.head('/head', ok);
  app.options('/options', ok);
  app.use('/middleware', ok);
  app.get('/late', (_request, response) => setTimeout(() => response.send('late'), 5));
  app.get('/stream', (_request, response) => void response.write('a') || setImmediate(() => response.end('b')));
  app.get('/redirect', (_request, response) => response.redirect('/'));
  app.get('/throws', fail);
  app.get('/rejects', async (_request, _response, go) => go(new Error('broken')));
  app.get('/text-error', (_request, _response, go) => go('broken'));
  app.param('bad', (_request, _response, go) => go(new Error('no such thing')));
  app.get('/parameter/:bad', ok);
  app.use(
    '/inner',
    router()
      .get('/throws', fail)
      .use((_error, _request, response, _go) => response.status(418).end()),
  );
  const strict = router();
  strict.param('id', (_request, _response, go, id) => go(id === '0' ? new Error('no such thing') : undefined));
  app.use('/strict', strict.get('/:id', ok));
  app.get('/hang', (request) => request.socket.emit('held'));
  app.get('/destroy', (request) => request.socket.destroy());
  app.use('/answered', (_error, _request, response, _go) => response.status(503).end());

  const server = createServer(app);
  process.once('message', () => {
    process.disconnect();
    server.close();
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
};
