class Order {
  static #made = 0;
  #total = 0;
  static { Order.kinds = ['new', 'paid']; }
  constructor(id) { this.id = id; Order.#made++; }
  add(price) { this.#total += price; return this; }
  get total() { return this.#total; }
  static get made() { return Order.#made; }
  toJSON() { return { id: this.id, total: this.total }; }
}
class Gift extends Order {
  add(price) { return super.add(price * 0); }
  get [Symbol.toStringTag]() { return 'Gift'; }
}
async function lambda(input) {
  const orders = [new Order(1).add(5).add(7), new Gift(2).add(100)];
  return { orders, made: Order.made, kinds: Order.kinds, tag: String(orders[1]), is: orders[1] instanceof Order };
}
