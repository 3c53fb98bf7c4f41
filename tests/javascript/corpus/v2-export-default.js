export default async function (input) {
  return `exported for ${input.payload.name}`;
}
