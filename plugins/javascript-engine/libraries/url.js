module.exports = { URL: require('core-js-pure/actual/url'), URLSearchParams: require('core-js-pure/actual/url-search-params') };
