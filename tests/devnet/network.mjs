// A devnet of its own for each test file, and the identities to speak to it with.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

export const here = path.dirname(new URL(import.meta.url).pathname);
export const chaincode = (name) => path.join(here, 'chaincode', name);

// chaincodes: {NAME: PATH or ADDRESS}
export async function startNetwork(chaincodes = {}, ...flags) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'belfry-devnet-'));
  const words = Object.entries(chaincodes).flatMap(([name, way]) => ['--chaincode', `${name}=${way}`]);
  const host = spawn(process.env.DEVNET_HOST, [folder, ...words, ...flags], {stdio: ['pipe', 'pipe', 'inherit']});
  const ended = new Promise((resolve) => host.once('exit', resolve));
  const line = await Promise.race([
    new Promise((resolve) => readline.createInterface({input: host.stdout}).once('line', resolve)),
    ended.then((code) => { throw new Error(`devnet_host ended with ${code}`); }),
  ]);
  const network = JSON.parse(line);
  const only = (where) => path.join(where, fs.readdirSync(where)[0]);
  return {
    ...network,
    network: folder,
    profile: (mspId) => JSON.parse(fs.readFileSync(path.join(folder, `${mspId}.json`), 'utf8')),
    user: (name, org) => {
      const domain = `org${org}.example.com`;
      const msp = path.join(network.folder, 'peerOrganizations', domain, 'users', `${name}@${domain}`, 'msp');
      return {
        mspId: `Org${org}MSP`,
        certificate: fs.readFileSync(only(path.join(msp, 'signcerts')), 'utf8'),
        key: fs.readFileSync(only(path.join(msp, 'keystore')), 'utf8'),
      };
    },
    tlsRoot: (org) => fs.readFileSync(
      only(path.join(network.folder, 'peerOrganizations', `org${org}.example.com`, 'msp', 'tlscacerts'))),
    log: (name) => fs.readFileSync(path.join(folder, 'logs', `${name}.log`), 'utf8'),
    stop: async () => {
      host.stdin.end();
      await ended;
      fs.rmSync(folder, {recursive: true, force: true});
    },
  };
}
