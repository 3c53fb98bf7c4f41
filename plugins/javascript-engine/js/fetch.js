// `fetch`, over the host's own HTTP: by the rules that the bot is granted, one request after the other.
(function (host, own, global) {
  class Headers {
    #values = new Map();
    constructor(from = []) {
      const pairs = from instanceof Headers || Array.isArray(from) ? [...from] : Object.entries(from ?? {});
      for (const [name, value] of pairs) this.append(name, value);
    }
    append(name, value) {
      const key = String(name).toLowerCase();
      const before = this.#values.get(key);
      this.#values.set(key, before === undefined ? String(value) : `${before}, ${value}`);
    }
    set(name, value) { this.#values.set(String(name).toLowerCase(), String(value)); }
    get(name) { return this.#values.get(String(name).toLowerCase()) ?? null; }
    has(name) { return this.#values.has(String(name).toLowerCase()); }
    delete(name) { this.#values.delete(String(name).toLowerCase()); }
    forEach(call, self) { for (const [name, value] of this) call.call(self, value, name, this); }
    *entries() { yield* [...this.#values].sort(([one], [other]) => (one < other ? -1 : 1)); }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
    [Symbol.iterator]() { return this.entries(); }
  }

  // What both sides of a request have: a body that is read once.
  class Body {
    #bytes;
    #isUsed = false;
    constructor(bytes) { this.#bytes = bytes; }
    get bodyUsed() { return this.#isUsed; }
    // At once, all of these: what fails does so where the lambda's own line is on the stack.
    static take(body) {
      if (body.#isUsed) throw new TypeError('Body is unusable: it has been read already');
      body.#isUsed = true;
      return body.#bytes;
    }
    static text(body) { return host.text(Body.take(body)).replace(/^\ufeff/, ''); }
    async bytes() { return Body.take(this); }
    async arrayBuffer() { return Body.take(this).slice().buffer; }
    async text() { return Body.text(this); }
    async json() { return JSON.parse(Body.text(this)); }
    copy() {
      if (this.#isUsed) throw new TypeError('Body is unusable: it has been read already');
      return this.#bytes.slice();
    }
  }

  const bytesOf = (body) => {
    if (body === undefined || body === null) return new Uint8Array();
    if (body instanceof ArrayBuffer) return new Uint8Array(body);
    if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    return host.utf8(own.text(body));
  };
  own.bytesOf = bytesOf;

  class Response extends Body {
    constructor(body, { status = 200, statusText = '', headers, url = '', redirected = false } = {}) {
      super(bytesOf(body));
      Object.assign(this, { status, statusText, url, redirected, type: 'basic', headers: new Headers(headers) });
    }
    get ok() { return this.status >= 200 && this.status < 300; }
    clone() { return new Response(this.copy(), this); }
    static json(value, options = {}) {
      const headers = new Headers(options.headers);
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      return new Response(JSON.stringify(value), { ...options, headers });
    }
  }

  class Request extends Body {
    constructor(from, options = {}) {
      const before = from instanceof Request ? from : undefined;
      const body = options.body ?? before?.copy();
      super(bytesOf(body));
      this.hasBody = body !== undefined && body !== null && (options.body !== undefined || before.hasBody);
      this.url = before ? before.url : String(from);
      this.method = String(options.method ?? before?.method ?? 'GET').toUpperCase();
      this.headers = new Headers(options.headers ?? before?.headers);
      this.signal = options.signal ?? before?.signal;
      if (this.hasBody && (this.method === 'GET' || this.method === 'HEAD')) {
        throw new TypeError('Request with GET/HEAD method cannot have body');
      }
      const isText = typeof options.body === 'string';
      const isForm = own.isSearchParams(options.body);
      if (!this.headers.has('content-type') && (isText || isForm)) {
        const kind = isForm ? 'application/x-www-form-urlencoded' : 'text/plain';
        this.headers.set('content-type', `${kind};charset=UTF-8`);
      }
    }
  }

  // Sends, and throws what tells why nothing came back.
  own.send = (method, url, headers, body) => {
    const pairs = [...headers];
    const [names, values] = [0, 1].map((at) => pairs.map((pair) => own.text(pair[at])));
    const answer = host.send(own.text(method), own.text(url), names, values, body);
    if (answer.kind === undefined) return answer;
    const cause = Object.assign(new Error(answer.problem), { code: answer.kind });
    throw new TypeError('fetch failed', { cause });
  };

  const fetch = async (from, options) => {
    const request = new Request(from, options);
    if (request.signal?.aborted) throw request.signal.reason;
    const body = request.hasBody ? Body.take(request) : undefined;
    const answer = own.send(request.method, request.url, request.headers, body);
    const headers = answer.names.map((name, at) => [name, answer.values[at]]);
    return new Response(answer.body, { status: answer.status, headers, url: request.url });
  };

  // A request is over when `fetch` returns: what is aborted later was sent all the same.
  class AbortSignal {
    aborted = false;
    reason = undefined;
    onabort = null;
    #listeners = [];
    addEventListener(kind, call) { if (kind === 'abort') this.#listeners.push(call); }
    removeEventListener(kind, call) { this.#listeners = this.#listeners.filter((one) => one !== call); }
    throwIfAborted() { if (this.aborted) throw this.reason; }
    static abort(reason) {
      const signal = new AbortSignal();
      signal.fire(reason);
      return signal;
    }
    static timeout(ms) {
      const signal = new AbortSignal();
      const late = () => Object.assign(new Error('The operation was aborted due to timeout'), { name: 'TimeoutError' });
      global.setTimeout(() => signal.fire(late()), ms);
      return signal;
    }
    fire(reason) {
      if (this.aborted) return;
      this.aborted = true;
      this.reason = reason ?? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
      const event = { type: 'abort', target: this };
      this.onabort?.(event);
      for (const call of this.#listeners) call(event);
    }
  }
  class AbortController {
    signal = new AbortSignal();
    abort(reason) { this.signal.fire(reason); }
  }

  own.define(global, { fetch, Headers, Request, Response, AbortController, AbortSignal });
});
