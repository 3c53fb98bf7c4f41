function lambda(input, callback) {
  const buffer = new ArrayBuffer(8);
  const view = new DataView(buffer);
  view.setUint16(0, 0xbeef); view.setFloat32(4, 1.5, true);
  const bytes = new Uint8Array(buffer);
  callback(null, { bytes: [...bytes], clamped: [...new Uint8ClampedArray([300, -5])], slice: [...bytes.subarray(0, 2)], ints: [...Int16Array.from([1, 70000])], sum: new Float64Array([1.5, 2.5]).reduce((a, b) => a + b), set: [...(() => { const b = new Uint8Array(4); b.set([1, 2], 1); return b; })()], copy: structuredClone(bytes).length });
}
