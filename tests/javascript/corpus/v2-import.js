import { Toolbelt } from 'core-functions-toolbelt';

const secrets = Toolbelt.SecretClient();

async function lambda(input) {
  return { has: typeof secrets.readSecret, strict: (function () { return this === undefined; })() };
}
