// The native module `grpc` under fabric-client and fabric-shim of 1.4 has no build for today's Node, and takes tens of minutes to
// make from source. With this file preloaded (node --require), they get what they use of it from its successor, @grpc/grpc-js.
'use strict';
const Module = require('node:module');
const camelCase = require('lodash.camelcase');
const grpc = require('@grpc/grpc-js');

const fullName = (node) => (node?.name ? [fullName(node.parent), node.name].filter(Boolean).join('.') : '');

// The other side's bytes as the native module gives them: plain objects, with long numbers as text.
function codecOf(type) {
  const Message = type.build();
  return {
    serialize: (value) => Buffer.from(new Message(value).encode().toBuffer()),
    deserialize: (bytes) => Message.decode(bytes).toRaw(false, true),
  };
}

function clientOf(service) {
  const methods = {};
  for (const method of service.children) {
    const request = codecOf(method.resolvedRequestType);
    const response = codecOf(method.resolvedResponseType);
    methods[method.name] = {
      path: `/${fullName(service)}/${method.name}`,
      originalName: camelCase(method.name),
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      requestSerialize: request.serialize,
      requestDeserialize: request.deserialize,
      responseSerialize: response.serialize,
      responseDeserialize: response.deserialize,
    };
  }
  const Client = grpc.makeClientConstructor(methods, service.name);
  for (const method of service.children) {
    const name = camelCase(method.name);
    if (!method.requestStream || !method.responseStream) continue;
    const open = Client.prototype[name];
    // fabric-client's event hub looks at `reading` to see whether its stream is open.
    Client.prototype[name] = function (...args) {
      const stream = open.apply(this, args);
      Object.defineProperty(stream, 'reading', {get: () => !stream.destroyed && !stream.readableEnded});
      return stream;
    };
  }
  return Client;
}

// A reflection tree of protobufjs 5, its services as clients.
function loadObject(value) {
  if (value.ns) return loadObject(value.ns);
  switch (value.className) {
    case 'Namespace':
      return Object.fromEntries(value.children.map((child) => [child.name, loadObject(child)]));
    case 'Service':
      return clientOf(value);
    case 'Message':
    case 'Enum':
      return value.build();
    default:
      return value;
  }
}

const load = Module._load;
Module._load = function (name, ...rest) {
  return name === 'grpc' ? {...grpc, loadObject} : load.call(this, name, ...rest);
};
