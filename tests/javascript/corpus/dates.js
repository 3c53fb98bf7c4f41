async function lambda(input) {
  const at = new Date(Date.UTC(2026, 1, 28, 23, 59, 59, 999));
  const next = new Date(at.getTime() + 1);
  const parsed = ['2026-11-28T10:00:00Z', '2026-11-28T10:00:00+02:00', '2026-11-28', '2026-11-28T10:00:00.123Z'].map((t) => new Date(t).getTime());
  const opening = { from: 9, to: 17 };
  const hour = new Date('2026-11-28T16:30:00Z').getUTCHours();
  return {
    iso: at.toISOString(), next: next.toISOString(), json: JSON.stringify({ at }), parsed, day: at.getUTCDay(),
    isOpen: hour >= opening.from && hour < opening.to, invalid: [new Date('no date').getTime(), String(new Date(NaN))],
    leap: new Date(Date.UTC(2028, 1, 29)).getUTCDate(), overflow: new Date(Date.UTC(2026, 12, 32)).toISOString(),
    now: Math.abs(Date.now() - new Date().getTime()) < 1000, utc: at.toUTCString(), offset: new Date(0).getTimezoneOffset(),
  };
}
