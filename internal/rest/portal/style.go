package portal

// styleHash lets the page's one style element, and no other, through the
// content security policy; a test holds that it is the hash of that element.
const styleHash = "M/ID0ugaq/mgmmOH6pXg/FJ5dQPMm0NKvOgKtKBqgWA="
