// Finds the lambda in what its file has defined, invokes it, and keeps what comes of it.
(function (host, own, global) {
  const named = () => {
    if (typeof global.__lambda === 'function') return global.__lambda;
    // A name of a script's own lines is global, but no property of `globalThis` if it is a class or a constant.
    if (typeof lambda === 'function') return lambda;
    const exported = global.module.exports;
    const ofModule = [exports?.lambda, exports?.default, exports?.default?.lambda, exports?.handler];
    const candidates = [...ofModule, exported, exported?.lambda, exported?.handler];
    return candidates.find((candidate) => typeof candidate === 'function');
  };
  let exports;
  let hasLoaded = true;
  let failedToLoad;
  own.loading = (ran, itsExports) => {
    exports = itsExports;
    // What the last line of a script gives is nobody's to wait for.
    if (itsExports === undefined || !(ran instanceof Promise)) return;
    hasLoaded = false;
    ran.then(
      () => (hasLoaded = true),
      (problem) => {
        hasLoaded = true;
        failedToLoad = { problem };
      },
    );
  };
  own.hasLoaded = () => hasLoaded;
  own.loaded = () => {
    if (failedToLoad !== undefined) throw failedToLoad.problem;
    if (!hasLoaded) throw new Error('its own lines never end: what they await is settled by nobody');
    return named();
  };

  let returnsNothing = false;
  const state = { isDone: false, result: 'null', code: undefined, message: undefined };
  const succeed = (value) => {
    if (state.isDone) return;
    try {
      const json = JSON.stringify(value) ?? 'null';
      // Half a surrogate pair is written as an escape, which no reader of JSON has to take.
      const whole = (key, one) => (typeof one === 'string' ? one.toWellFormed() : one);
      state.result = json.includes('\\ud') ? JSON.stringify(value, whole) : json;
      state.isDone = true;
    } catch (problem) {
      own.fail('lambda-answer-not-valid', problem);
    }
  };
  own.fail = (code, problem) => {
    if (state.isDone) return;
    Object.assign(state, { isDone: true, code, message: own.told(problem) });
  };

  own.invoke = (lambda, names, values, payload) => {
    const headers = names.map((key, at) => ({ key, value: values[at] }));
    const input = { headers, payload: JSON.parse(payload) };
    const callback = (error, value) => {
      if (error !== undefined && error !== null && error !== false && error !== '') own.fail('lambda-failed', error);
      else succeed(value);
    };
    try {
      const returned = lambda(input, callback);
      const isPromise = typeof returned?.then === 'function';
      const coming = isPromise ? Promise.resolve(returned) : undefined;
      if (lambda.length < 2) {
        if (isPromise) coming.then(succeed, (problem) => own.fail('lambda-threw', problem));
        else if (returned !== undefined) succeed(returned);
        // It may have its callback all the same, and call it later.
        else returnsNothing = true;
      } else if (isPromise) {
        coming.then(undefined, (problem) => own.fail('lambda-threw', problem));
      }
    } catch (problem) {
      own.fail('lambda-threw', problem);
    }
    return state;
  };
  const fire = own.fireTimer;
  own.fireTimer = () => {
    try {
      fire();
    } catch (problem) {
      own.fail('lambda-threw', problem);
    }
  };
  // Nothing is left that could answer: a code and why; or, of one that need not have answered, nothing.
  own.silence = (lambda) => {
    if (returnsNothing) return succeed(undefined);
    const unseen = own.unseenRejection();
    if (unseen !== undefined) return ['lambda-rejection-unhandled', unseen];
    const why =
      lambda.length < 2
        ? 'the lambda returned nothing that ends: a promise that it waits for is settled by nobody'
        : 'the lambda never called back, and nothing is left that could: call `callback(null, result)` on every path, ' +
          'or write it without the parameter `callback` and return the result';
    return ['lambda-never-called-back', why];
  };
});
