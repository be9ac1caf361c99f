import { startNewerEngine } from '/tmp/wt2/engines/tests/support/newerEngine.ts';
jest.setTimeout(300000);
it('starts', async () => {
  const t = Date.now();
  const e = await startNewerEngine();
  try {
    console.log((Date.now()-t)/1000, e.docker('version'), e.docker('info'), e.docker('images'));
    console.log(e.docker('run','-d','--name','xx','local/valkey:8.1-debian'), e.docker('exec','xx','valkey-cli','ping'), e.docker('exec','xx','ls','/'));
    await e.killAndStart();
    console.log(e.docker('ps','-a'));
  } finally { { const s = Date.now(); await e.stop(); console.log('stop', (Date.now()-s)/1000); } }
});
