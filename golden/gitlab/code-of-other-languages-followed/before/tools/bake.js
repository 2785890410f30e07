const oven = require('./oven');
oven.heat();
