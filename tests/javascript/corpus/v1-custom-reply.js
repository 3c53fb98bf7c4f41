function lambda(input, callback) {
  const message = input.payload.message.toLowerCase();
  const response = { messages: [], context: {} };
  if (message.includes('hello')) {
    response.messages.push('Hello!', { delay: 2, typing: true });
    response.messages.push({
      structuredContent: { type: 'vertical', elements: [{ type: 'button', title: 'Track', click: { actions: [{ type: 'publishText', text: 'track' }] } }] },
      metadata: [{ type: 'ExternalId', id: 'card-1' }],
    });
    response.context = { intentId: 'greeting', intentName: 'Greeting', confidenceScore: 0.93 };
  } else {
    response.context = { action: 'TRANSFER', actionParameters: { skill: 'human_skill' } };
  }
  callback(null, response);
}
