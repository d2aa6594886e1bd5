// fauxqs without its request log: fauxqs.mjs PORT
import { startFauxqs } from "fauxqs";

await startFauxqs({ port: Number(process.argv[2]), logger: false });
