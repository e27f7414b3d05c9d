'use strict';
// TLS in front of the in-memory broker, which speaks none: a server that hands on what it gets, and puts its own port in
// place of the broker's where brokers are named. Certificates are made with the openssl program.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');

/** A CA, and a certificate for 127.0.0.1, in a folder that is removed with the test. Undefined without openssl. */
function makeCertificates(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'uvkafka-tls-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = (name) => path.join(folder, name);
  const openssl = (...words) => execFileSync('openssl', words, { stdio: 'pipe' });
  try {
    openssl('version');
  } catch {
    return undefined;
  }
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test CA', '-keyout', file('ca.key'),
    '-out', file('ca.pem'));
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=broker', '-keyout', file('broker.key'), '-out',
    file('broker.csr'));
  fs.writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl('x509', '-req', '-in', file('broker.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
    '-days', '2', '-extfile', file('names'), '-out', file('broker.pem'));
  return { ca: file('ca.pem'), cert: file('broker.pem'), key: file('broker.key') };
}

/** Puts `own` in place of `port` where a frame names 127.0.0.1 and it. */
function rename(frame, port, own) {
  for (let at = frame.indexOf('127.0.0.1'); at >= 0; at = frame.indexOf('127.0.0.1', at + 1)) {
    const behind = at + '127.0.0.1'.length;
    if (behind + 4 <= frame.length && frame.readInt32BE(behind) === port) frame.writeInt32BE(own, behind);
  }
  return frame;
}

/** Starts it. Returns its address. */
function startProxy(t, broker, { cert, key }) {
  const port = Number(broker.split(':')[1]);
  const sockets = new Set();
  const server = tls.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, (client) => {
    const upstream = net.connect(port, '127.0.0.1');
    client.pipe(upstream);
    let waiting = Buffer.alloc(0);
    upstream.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
        const length = 4 + waiting.readInt32BE(0);
        client.write(rename(Buffer.from(waiting.subarray(0, length)), port, server.address().port));
        waiting = waiting.subarray(length);
      }
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.on('tlsClientError', () => {});
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${server.address().port}`));
  });
}

module.exports = { makeCertificates, startProxy };
