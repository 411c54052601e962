// Answers for pages that do not exist, so that the bucket is asked only for those there are. Filled in by pages.go.
var pages = PAGES;
function handler(event) {
  var request = event.request;
  if (request.uri === '/') request.uri = '/index.html';
  if (pages[request.uri] === 1) return request;
  return {
    statusCode: 404,
    statusDescription: 'Not Found',
    headers: HEADERS,
    body: { encoding: 'text', data: MISSING },
  };
}
