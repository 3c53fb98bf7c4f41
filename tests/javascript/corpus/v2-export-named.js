const SHOUT = (text) => text.toUpperCase();
export async function lambda(input) {
  return SHOUT(input.payload.name);
}
