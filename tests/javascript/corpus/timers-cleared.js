async function lambda(input) {
  const seen = [];
  const never = setTimeout(() => seen.push('never'), 5);
  clearTimeout(never);
  await new Promise((resolve) => {
    let n = 0;
    const each = setInterval(() => { seen.push(n); if (++n === 3) { clearInterval(each); resolve(); } }, 2);
  });
  setImmediate((...values) => seen.push(values), 'a', 'b');
  await new Promise((resolve) => setTimeout(resolve, 8));
  return seen;
}
