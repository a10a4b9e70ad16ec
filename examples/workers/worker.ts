// A worker that asks a node for work, with nothing but Node.js itself: `node --experimental-strip-types worker.ts` from
// version 22 on.
//
//   TROUPE_URL=http://127.0.0.1:7420 [TROUPE_KEY=trp_...] node --experimental-strip-types worker.ts DOMAIN AGENT

const url: string = process.env.TROUPE_URL ?? 'http://127.0.0.1:7420';

interface Call { task: string; step: number; attempt: number; skill: string; text: string; input: unknown; context: unknown }
interface Work { id: string; lease: string; lease_ms: number; call: Call }
interface Answer { text?: string; data?: object; confidence?: number }

async function post(path: string, body: object): Promise<any> {
  const key = process.env.TROUPE_KEY;
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(key ? { Authorization: `Bearer ${key}` } : {}) },
    body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status}: ${said.detail}`);
  return said;
}

/** What this worker can do: turn a text around. */
async function answer(call: Call): Promise<Answer> {
  return { text: [...call.text].reverse().join(''), confidence: 1 };
}

async function work(one: Work): Promise<void> {
  // The lease is kept for as long as the work takes; once the node has given up on it, that fails and does no harm.
  const beat = setInterval(() => {
    post(`/v1/work/${one.id}/heartbeat`, { lease: one.lease }).catch(() => clearInterval(beat));
  }, one.lease_ms / 3);
  let end = 'complete';
  let said: object;
  try {
    said = { result: await answer(one.call) };
  } catch (problem) {
    end = 'fail';
    said = { reason: 'crash', detail: String(problem) };
  } finally {
    clearInterval(beat);
  }
  await post(`/v1/work/${one.id}/${end}`, { lease: one.lease, ...said });
}

const [domain, agent] = process.argv.slice(2).map(encodeURIComponent);
for (;;) {
  try {
    const { work: found } = await post(`/v1/work/${domain}/${agent}/poll`, { wait_ms: 20000 });
    for (const one of found as Work[]) await work(one);
  } catch (problem) {
    console.error(String(problem));
    await new Promise((go) => setTimeout(go, 1000));
  }
}
