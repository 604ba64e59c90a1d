import handlebars from '@11ty/eleventy-plugin-handlebars';

/** Pages are files with data in front; their layout is mhub's own template. */
export default function configure(config) {
  config.addPlugin(handlebars);
  config.setUseGitIgnore(false);
  return { dir: { includes: '_includes', data: '_data' }, htmlTemplateEngine: false };
}
