function lambda(input, callback) {
  callback(null, {
    fixed: [(1.005).toFixed(2), (0.000001234).toString(), (123456789).toExponential(3), (0.1 + 0.2).toPrecision(3), (255).toString(16), (-7 % 3)],
    parse: [parseInt('08'), parseFloat('3.14abc'), Number(''), Number('0x1f'), Number('1_000'), +'12px', ~~3.7, 7 >>> 1, -7 >> 1],
    big: [(2n ** 64n).toString(), BigInt.asIntN(8, 255n).toString(), typeof 1n, (10n / 3n).toString()],
    edges: [Number.MAX_SAFE_INTEGER, Number.EPSILON > 0, 1 / -0, Math.sign(-3), Math.hypot(3, 4), Math.trunc(-4.7), Math.cbrt(27), Math.round(-0.5)],
    equal: [NaN === NaN, Object.is(NaN, NaN), [NaN].includes(NaN), [NaN].indexOf(NaN), null == undefined, '1' == 1, [] + {}, [] == false],
    separators: 1_000_000, octal: 0o17, binary: 0b101, long: 123456789012345680000,
  });
}
