module.exports = require('es-toolkit');
