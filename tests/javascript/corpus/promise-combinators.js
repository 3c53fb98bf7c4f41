async function lambda(input) {
  const later = (value, ms) => new Promise((resolve) => setTimeout(resolve, ms, value));
  const all = await Promise.all([1, Promise.resolve(2), later(3, 3)]);
  const settled = await Promise.allSettled([Promise.reject(new Error('no')), 'yes']);
  const race = await Promise.race([later('slow', 30), later('fast', 1)]);
  const any = await Promise.any([Promise.reject(new Error('x')), later('any', 2)]);
  let none;
  try { await Promise.any([Promise.reject(new Error('x'))]); } catch (e) { none = [e.constructor.name, e.errors.length]; }
  return { all, settled: settled.map((s) => [s.status, s.value, s.reason?.message]), race, any, none };
}
