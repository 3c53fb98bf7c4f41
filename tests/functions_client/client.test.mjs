// What LivePerson's own client makes of a host: its calls, its cache, and its typed errors, in both versions.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import client from 'liveperson-functions-client';
import { ACCOUNT, V1, V2, start } from './host.mjs';

const VERSIONS = [V1, V2];
const NOBODY = '00000000-0000-4000-8000-000000000000';
let host;

before(async () => {
  host = await start();
});
after(() => host?.stop());

function calling(domain, config = {}, tooling = {}) {
  return new client.Client(
    {
      accountId: ACCOUNT,
      authStrategy: async () => `Bearer ${host.token}`,
      failOnErrorStatusCode: true,
      ...config,
    },
    { getCsdsEntry: async () => domain, ...tooling },
  );
}

const invocation = (payload, more) => ({
  externalSystem: 'tests',
  body: { headers: [{ key: 'Accept-Language', value: 'en-US' }], payload },
  ...more,
});

// The names of an error and of all its causes, and the body of the answer that it is about.
function told(error) {
  const names = [];
  let body;
  for (let cause = error; cause; cause = cause.jse_cause) {
    names.push(cause.name);
    body ??= cause.jse_info?.response?.body;
  }
  return { names, body, status: statusOf(error) };
}

function statusOf(error) {
  for (let cause = error; cause; cause = cause.jse_cause) {
    if (cause.jse_info?.response) return cause.jse_info.response.status;
  }
}

async function fails(promise) {
  try {
    await promise;
  } catch (error) {
    return told(error);
  }
  assert.fail('it did not fail');
}

test('a function is invoked by its UUID', async () => {
  for (const domain of VERSIONS) {
    const card = { message: 'my card is 4111 1111 1111 1111', convId: 'c', context: {} };
    const { status, body, ok } = await calling(domain).invoke(
      invocation(card, { lambdaUuid: host.uuids.hook }),
    );
    assert.deepEqual({ ok, status }, { ok: true, status: 200 });
    assert.deepEqual(body, { ...card, message: 'my card is •••• •••• •••• 1111' });
  }
});

test('headers reach the function, and any JSON comes back', async () => {
  for (const domain of VERSIONS) {
    const invoke = async payload => {
      const sent = invocation(payload, { lambdaUuid: host.uuids.told, skillId: '12' });
      return (await calling(domain).invoke(sent)).body;
    };
    assert.deepEqual(await invoke({ a: 1 }), { headers: [['Accept-Language', 'en-US']], payload: { a: 1 } });
    for (const value of ['text', 3, null, true, [1, { b: 2 }]]) {
      assert.deepEqual(await invoke({ do: 'return', with: value }), value);
    }
  }
});

test('a bot answers the payload of its event', async () => {
  for (const domain of VERSIONS) {
    const { body } = await calling(domain).invoke(
      invocation({ message: 'hello', convId: 'c' }, { eventId: client.EVENT.ThirdPartyBotsCustomIntegration }),
    );
    assert.equal(body.length, 1);
    const [{ uuid, timestamp, result }] = body;
    assert.equal(uuid, host.uuids.echo);
    assert.equal(new Date(timestamp).toISOString(), timestamp);
    assert.deepEqual(result, { messages: ['hello'], context: {} });
  }
});

test('an event that nobody listens to has no results', async () => {
  for (const domain of VERSIONS) {
    const { body } = await calling(domain).invoke(
      invocation({}, { eventId: client.EVENT.MessagingConversationIdle }),
    );
    assert.deepEqual(body, []);
  }
});

test('whether an event is implemented is told, and kept by the client', async () => {
  for (const domain of VERSIONS) {
    const asking = calling(domain);
    const is = eventId => asking.isImplemented({ eventId, externalSystem: 'tests' });
    assert.equal(await is(client.EVENT.ThirdPartyBotsPreHook), true);
    assert.equal(await is(client.EVENT.ThirdPartyBotsPostHook), false);
    assert.equal(await is(client.EVENT.ThirdPartyBotsPreHook), true);
  }
});

test('what serves is listed', async () => {
  for (const domain of VERSIONS) {
    const lists = [
      await calling(domain).getLambdas({ state: ['Productive'] }),
      await calling(domain).getLambdas({}),
      await calling(domain).getFunctions({ functionName: '' }),
    ];
    for (const { body } of lists) {
      assert.deepEqual(body.map(({ name }) => name), ['echo', 'hook', 'told']);
    }
    const { body } = await calling(domain).getLambdas({ eventId: client.EVENT.ConversationalCommand });
    assert.deepEqual(body.map(({ uuid, state }) => [uuid, state]), [[host.uuids.told, 'Productive']]);
  }
});

test('a function that gives an error is an error of its own in the client', async () => {
  const words = ['com.liveperson.faas.handler.custom-failure', 'com.customer.faas.function.threw-error'];
  for (const [index, domain] of VERSIONS.entries()) {
    const given = { do: 'fault', with: 'the order service is down' };
    for (const to of [{ lambdaUuid: host.uuids.told }, { eventId: client.EVENT.ConversationalCommand }]) {
      const { names, body, status } = await fails(calling(domain).invoke(invocation(given, to)));
      assert.deepEqual(names, ['FaaSLambdaError', 'FaaSRequestError', 'HttpRequestError']);
      assert.equal(status, 901);
      assert.equal(body.errorCode ?? body.code, words[index]);
      assert.equal(body.errorMsg ?? body.message, 'the order service is down');
    }
  }
});

test('a function that crashes or runs too long is told apart', async () => {
  for (const [what, v1, v2] of [
    ['panic', 'handler.runtime-exception', 'js-runtime-error'],
    ['spin', 'handler.executiontime-exceeded', 'execution-exceeded'],
  ]) {
    const sent = invocation({ do: what, with: '' }, { lambdaUuid: host.uuids.told });
    const first = await fails(calling(V1).invoke(sent));
    assert.deepEqual([first.names[0], first.status], ['FaaSLambdaError', 901]);
    assert.equal(first.body.errorCode, `com.liveperson.faas.${v1}`);
    // The client's second version takes only what the function gives itself for the function's.
    const second = await fails(calling(V2).invoke(sent));
    assert.deepEqual([second.names[0], second.status], ['FaaSInvokeError', 901]);
    assert.equal(second.body.code, `com.customer.faas.function.${v2}`);
    const mapped = await fails(calling(V2).invoke({ ...sent, v1CompError: true }));
    assert.equal(mapped.body.errorCode.trim(), `com.liveperson.faas.${v1}`);
  }
});

test('a function that is not there is an error of the invocation', async () => {
  const words = ['com.liveperson.faas.es.missinglambda', 'com.liveperson.faas.function.not-found'];
  for (const [index, domain] of VERSIONS.entries()) {
    const missing = invocation({}, { lambdaUuid: NOBODY });
    const { names, body, status } = await fails(calling(domain).invoke(missing));
    assert.deepEqual(names, ['FaaSInvokeError', 'FaaSRequestError', 'HttpRequestError']);
    assert.equal(status, 404);
    assert.equal(body.errorCode ?? body.code, words[index]);
    assert.match(body.errorMsg ?? body.message, new RegExp(`There is no ${NOBODY} deployed on ${ACCOUNT}`));
  }
});

test('an invocation without a payload is an error of the invocation', async () => {
  const words = ['com.liveperson.faas.es.badinput', 'com.liveperson.faas.evg.invalid'];
  for (const [index, domain] of VERSIONS.entries()) {
    const empty = invocation(undefined, { lambdaUuid: host.uuids.hook });
    const { names, body, status } = await fails(calling(domain).invoke(empty));
    assert.deepEqual([names[0], status], ['FaaSInvokeError', 400]);
    assert.equal(body.errorCode ?? body.code, words[index]);
  }
});

test('a token that is none is told so in each call', async () => {
  for (const domain of VERSIONS) {
    const stranger = calling(domain, { authStrategy: async () => 'Bearer made-up' });
    const sent = invocation({}, { lambdaUuid: host.uuids.hook });
    const invoked = await fails(stranger.invoke(sent));
    assert.deepEqual([invoked.names[0], invoked.status], ['FaaSInvokeError', 401]);
    assert.equal(typeof (invoked.body.errorMsg ?? invoked.body.message), 'string');
    const asked = await fails(stranger.isImplemented({ eventId: 'x' }));
    assert.deepEqual([asked.names[0], asked.status], ['FaaSIsImplementedError', 401]);
    const listed = await fails(stranger.getLambdas({}));
    const name = domain === V1 ? 'FaaSGetLambdasError' : 'FaaSGetFunctionsError';
    assert.deepEqual([listed.names[0], listed.status], [name, 401]);
  }
});

test('a client that is not to fail on a status is given it', async () => {
  for (const domain of VERSIONS) {
    const lenient = calling(domain, { failOnErrorStatusCode: false });
    const given = invocation({ do: 'fault', with: 'no' }, { lambdaUuid: host.uuids.told });
    const { ok, status, body } = await lenient.invoke(given);
    assert.deepEqual([ok, status, body.errorMsg ?? body.message], [false, 901, 'no']);
    // And takes an answer without its field for one that it cannot read.
    const stranger = { failOnErrorStatusCode: false, authStrategy: async () => 'Bearer made-up' };
    const { names } = await fails(calling(domain, stranger).isImplemented({ eventId: 'x' }));
    assert.deepEqual(names, ['FaaSIsImplementedError', 'FaasIsImplementedParseError']);
  }
});

test('what fails on the way to the host keeps its name', async () => {
  const sent = invocation({}, { lambdaUuid: host.uuids.hook });
  // Nothing listens there.
  const secret = { authStrategy: { clientId: 'id', clientSecret: 'secret' } };
  const tooling = { getCsdsEntry: async (_, service) => (service === 'sentinel' ? '127.0.0.1:1' : V2) };
  const unsigned = await fails(calling(V2, secret, tooling).invoke(sent));
  assert.deepEqual(unsigned.names.slice(0, 3), [
    'FaaSInvokeError',
    'FaaSRequestError',
    'FaaSAppJWTAuthenticationError',
  ]);
  const lost = { getCsdsEntry: async () => assert.fail('no such service') };
  const unresolved = await fails(calling(V2, {}, lost).invoke(sent));
  assert.equal(unresolved.names[0], 'FaaSIsImplementedError');
});
