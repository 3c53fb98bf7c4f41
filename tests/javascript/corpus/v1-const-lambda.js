const greeting = 'Hi';
const lambda = (input, callback) => callback(null, `${greeting} ${input.payload.name}`);
