// Its polyfill of `atob` and its sizes are not what Node has under this name.
module.exports = { Buffer: require('buffer').Buffer, atob, btoa };
