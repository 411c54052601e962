// Package static holds the pages of the secretary: hand-written HTML, one style sheet and native ES modules, served as
// they are at the root of the site, by one machine from the binary as by a static host.
//
// One page is an .html file and, where it has behaviour, a .js file of the same name; what pages share is under assets.
// Nothing is built, and nothing comes from elsewhere: the pages run under a policy that allows scripts and styles of
// their own host only and no markup made from strings (Trusted Types « none »). Values reach the page as text and
// attributes through <template> elements.
//
// assets/dates.vectors.json is a list of {"utc", "zone", "long", "table", "seconds"}: what assets/dates.js and whatever
// else writes dates for people must both give.
package static

import (
	"embed"
	"io/fs"
)

//go:embed *.html *.js assets exemples
var files embed.FS

// Files gives the pages with their assets, named as their addresses without the leading slash: « index.html »,
// « assets/style.css », « exemples/guide-eure.csv ».
func Files() fs.FS { return files }
