// What Apple's and Google's push services are to belfry: HTTP/2 with TLS, tokens verified, refusals as theirs. One JSON line per request
// on the standard output, the first names the address. What the answer is, a device's token says: "gone", "busy", "stale", "bad".
//
//   push_server.mjs CERTIFICATE KEY APPLE_PUBLIC_KEY GOOGLE_PUBLIC_KEY
import crypto from "node:crypto";
import fs from "node:fs";
import http2 from "node:http2";

const [certificate, key, applePublic, googlePublic] = process.argv.slice(2).map((path) => fs.readFileSync(path));
const TEAM = "TEAM123456", KEY_ID = "KEY1234567", BUNDLE = "org.example.bells", PROJECT = "bells", ACCOUNT = "belfry@bells.example";
const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PUSH_TYPES = ["alert", "background", "voip", "complication", "fileprovider", "mdm", "location", "liveactivity", "pushtotalk"];

const seen = {};   // how often each device was called
const stale = {};  // a stale device's first token, by service
let granted = 0, address;

/** The claims of a token that is good; otherwise throws what is wrong with it. */
function claims(token, algorithm, keyId, publicKey) {
  const [head, body, signature] = token.split(".");
  const header = JSON.parse(Buffer.from(head, "base64url"));
  if (header.alg !== algorithm || header.kid !== keyId) throw new Error(`header ${JSON.stringify(header)}`);
  const good = crypto.verify("sha256", Buffer.from(`${head}.${body}`), {key: publicKey, dsaEncoding: "ieee-p1363"},
                             Buffer.from(signature, "base64url"));
  if (!good) throw new Error("signature");
  const found = JSON.parse(Buffer.from(body, "base64url"));
  if (Math.abs(found.iat - Date.now() / 1000) > 3600) throw new Error(`iat ${found.iat}`);
  return found;
}

function apple(path, headers, body) {
  const device = path.slice("/3/device/".length), token = (headers.authorization ?? "").slice("bearer ".length);
  try {
    if (claims(token, "ES256", KEY_ID, applePublic).iss !== TEAM) throw new Error("iss");
  } catch (problem) {
    return [403, {reason: "InvalidProviderToken", problem: problem.message}];
  }
  const type = headers["apns-push-type"];
  if (!PUSH_TYPES.includes(type)) return [400, {reason: "InvalidPushType"}];
  if (headers["apns-topic"] !== (type === "voip" ? BUNDLE + ".voip" : BUNDLE)) return [400, {reason: "TopicDisallowed"}];
  if (type === "background" && headers["apns-priority"] !== "5") return [400, {reason: "BadPriority"}];
  if (!JSON.parse(body).aps) return [400, {reason: "PayloadEmpty"}];
  const times = seen[path] = (seen[path] ?? 0) + 1;
  if (device === "gone") return [410, {reason: "Unregistered", timestamp: Date.now()}];
  if (device === "bad") return [400, {reason: "BadDeviceToken"}];
  if (device === "busy" && times === 1) return [429, {reason: "TooManyRequests"}];
  if (device === "busy" && times === 2) return [503, {reason: "ServiceUnavailable"}];
  if (device === "stale" && (stale.apple ??= token) === token) return [403, {reason: "ExpiredProviderToken"}];
  return [200, null];
}

function grant(body) {
  const form = new URLSearchParams(body);
  try {
    const found = claims(form.get("assertion"), "RS256", KEY_ID, googlePublic);
    if (form.get("grant_type") !== GRANT || found.iss !== ACCOUNT || found.scope !== SCOPE || found.aud !== `${address}/token` ||
        found.exp - found.iat > 3600) throw new Error(JSON.stringify(found));
  } catch (problem) {
    return [400, {error: "invalid_grant", error_description: problem.message}];
  }
  return [200, {access_token: `granted-${++granted}`, expires_in: 3599, token_type: "Bearer"}];
}

const refusal = (code, status, details) => [code, {error: {code, status, details}}];

function google(path, headers, body) {
  if (path === "/token") return grant(body);
  const token = Number((headers.authorization ?? "").slice("Bearer granted-".length));
  if (!(token >= 1 && token <= granted)) return refusal(401, "UNAUTHENTICATED");
  if (path !== `/v1/projects/${PROJECT}/messages:send`) return refusal(404, "NOT_FOUND");
  const {message} = JSON.parse(body), device = message.token;
  const times = seen[path + device] = (seen[path + device] ?? 0) + 1;
  if (device === "gone")
    return refusal(404, "NOT_FOUND", [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "UNREGISTERED"}]);
  if (device === "bad") return refusal(400, "INVALID_ARGUMENT");
  if (device === "busy" && times === 1) return refusal(429, "RESOURCE_EXHAUSTED");
  if (device === "busy" && times === 2) return refusal(503, "UNAVAILABLE");
  if (device === "stale" && (stale.google ??= token) === token) return refusal(401, "UNAUTHENTICATED");
  return [200, {name: `projects/${PROJECT}/messages/1`}];
}

const server = http2.createSecureServer({cert: certificate, key, allowHTTP1: false});
server.on("stream", (stream, headers) => {
  const parts = [];
  stream.on("data", (part) => parts.push(part));
  stream.on("end", () => {
    const path = headers[":path"], body = Buffer.concat(parts).toString();
    const [status, answer] = headers[":method"] !== "POST" ? [405, {}] : path.startsWith("/3/device/") ? apple(path, headers, body)
                                                                                                     : google(path, headers, body);
    const named = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")));
    console.log(JSON.stringify({path, headers: named, body, status, answer}));
    stream.respond({":status": status, ...(answer && {"content-type": "application/json"})});
    stream.end(answer ? JSON.stringify(answer) : undefined);
  });
});
server.listen(0, "localhost", () => console.log(address = `https://localhost:${server.address().port}`));
process.stdin.on("end", () => process.exit()).resume();
