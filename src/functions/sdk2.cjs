// Loaded before a function's code (node --require): points the AWS SDK for JavaScript v2, which does
// not read AWS_ENDPOINT_URL, at it. The SDK v3 and others read it themselves.
'use strict';
const Module = require('node:module');

const endpoint = process.env.AWS_ENDPOINT_URL;
const load = Module._load;
const seen = new WeakSet();

// Without touching it: half-loaded modules warn about that.
const own = (object, name) => object !== null && (typeof object === 'object' || typeof object === 'function') && Object.hasOwn(object, name);

function point(config) {
  if (!config || typeof config.update !== 'function' || seen.has(config)) return;
  seen.add(config);
  if (!config.endpoint) config.update({endpoint, s3ForcePathStyle: true});
}

if (endpoint) {
  Module._load = function (request, parent, isMain) {
    const loaded = load.call(this, request, parent, isMain);
    // The whole SDK, its core ("aws-sdk/global"), or one client's constructor; the SDK's own files
    // ask for the core as "../core" and the like.
    if (/(^|[\\/])(aws-sdk([\\/].*)?|core|global)(\.js)?$/.test(request) && ['VERSION', 'Service', 'config'].every((name) => own(loaded, name)))
      point(loaded.config);
    return loaded;
  };
}
