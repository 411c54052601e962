package main

import (
	"slices"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"convoc/infra/browser"
)

// screen is what a page is shown on.
type screen struct {
	name          string
	width, height int64 // CSS pixels
	dark          bool
	text          int64    // percent: what the person chose for all pages
	rules         []string // of axe-core, that can fail here and not on the screens where all are tried; nil: all
}

var (
	colours = []string{"color-contrast"}
	sizes   = []string{"target-size"}

	phone       = screen{"phone", 320, 568, false, 100, nil}
	phoneDark   = screen{"phone-dark", 320, 568, true, 100, colours}
	tablet      = screen{"tablet", 768, 1024, false, 100, sizes}
	tabletDark  = screen{"tablet-dark", 768, 1024, true, 100, sizes}
	desktop     = screen{"desktop", 1280, 800, false, 100, nil}
	desktopDark = screen{"desktop-dark", 1280, 800, true, 100, colours}

	// WCAG 2.2, 1.4.4: text of twice the size, and all of it can be read.
	phoneLarge   = screen{"phone-large", 320, 568, false, 200, sizes}
	desktopLarge = screen{"desktop-large", 1280, 800, false, 200, sizes}
)

// on shows the page on a screen.
func (b *tab) on(s screen) {
	b.t.Helper()
	scheme := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "light"}
	if s.dark {
		scheme.Value = "dark"
	}
	_, err1 := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{scheme}})
	letters := &page.FontSizes{Standard: 16 * s.text / 100, Fixed: 13 * s.text / 100}
	_, err2 := chromedp.Call(b.ctx, page.SetFontSizes, page.SetFontSizesParams{FontSizes: letters})
	for _, err := range []error{err1, err2} {
		if err != nil {
			b.t.Fatal(err)
		}
	}
	b.do("showing it on a "+s.name, chromedp.EmulateViewport(s.width, s.height))
	ask[bool](b, settled)
}

// settled ends what moves: colours that are on their way from light to dark.
const settled = `(document.getAnimations().filter((a) => a.effect.getTiming().iterations !== Infinity).forEach((a) => a.finish()), true)`

// accessible checks the page, as it is now, against the given rules of axe-core, or all.
func (b *tab) accessible(what string, rules ...string) {
	b.t.Helper()
	if b.scriptless { // the page has been made without them, and has none: only axe-core runs
		b.scripts(true)
		defer b.scripts(false)
	}
	found, err := browser.Axe(b.ctx, rules...)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	for _, v := range found {
		b.t.Errorf("%s: %s", what, v)
	}
}

// fits checks that nothing needs horizontal scrolling.
func (b *tab) fits(what string) {
	b.t.Helper()
	for _, fault := range ask[[]string](b, wide) {
		b.t.Errorf("%s: %s", what, fault)
	}
}

const wide = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return [];
	const beyond = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1);
	return ['is ' + root.scrollWidth + ' pixels wide on a screen of ' + root.clientWidth + ': ' + beyond.slice(-3).map((e) => e.outerHTML.slice(0, 100))];
})()`

// examined checks all that an élu's page promises, on every screen. It leaves the page as it was, on a phone.
func (b *tab) examined(what string) {
	b.t.Helper()
	b.weighed(what)
	for _, s := range []screen{desktopLarge, desktop, desktopDark, tablet, tabletDark, phoneDark, phoneLarge, phone} {
		b.on(s)
		b.fits(what + " on a " + s.name)
		for _, fault := range ask[[]string](b, comfortable) {
			b.t.Errorf("%s on a %s: %s", what, s.name, fault)
		}
		b.accessible(what+" on a "+s.name, s.rules...)
		b.picture(what + "-" + s.name)
	}
	b.reached(what)
}

// Budgets of an élu's page (README).
const (
	maxPage     = 30 << 10 // bytes, not compressed: the page and its style
	maxRequests = 5
)

// weighed checks what a page costs: what it asks for, and that none of it is a script.
func (b *tab) weighed(what string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var size int64
	for _, it := range b.asked {
		size += b.sizes[it.url]
		if it.kind == network.ResourceTypeScript {
			b.t.Errorf("%s: asks for the script %s", what, it.url)
		}
	}
	if size == 0 || size > maxPage {
		b.t.Errorf("%s: %d bytes, at most %d", what, size, maxPage)
	}
	if len(b.asked) > maxRequests-1 { // the browser without a window asks for no icon
		b.t.Errorf("%s: %d requests and the icon, at most %d", what, len(b.asked), maxRequests)
	}
}

// comfortable lists what is too small to be touched or read, and a decoy that can be seen.
const comfortable = `(() => {
	const faults = [], call = (e) => e.outerHTML.slice(0, 100);
	for (const e of document.querySelectorAll('button, .button, summary, select, textarea, input, .choice label')) {
		const box = e.getBoundingClientRect();
		if (e.matches('.away')) {
			if (box.right > 0 || e.tabIndex >= 0 || e.getAttribute('aria-hidden') !== 'true') faults.push('the decoy can be met');
		} else if (e.checkVisibility() && e.type !== 'hidden' && e.type !== 'radio' && box.height < 56) {
			faults.push(box.height + ' pixels high: ' + call(e));
		}
	}
	faults.push(...[...document.scripts].map((it) => 'a script: ' + it.outerHTML)); // not even asked for where scripts are off
	if (parseFloat(getComputedStyle(document.body).fontSize) < 20) faults.push('text of ' + getComputedStyle(document.body).fontSize);
	return faults;
})()`

// stop is where the tabulator key leads.
type stop struct {
	Name          string  `json:"name"`
	Top, Bottom   float64 // of the page
	Focus, Inside bool    // it can be seen that the focus is there; it is on the page
}

const (
	naming = `const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + ' ' + (e.innerText || '').trim().replace(/\s+/g, ' ').slice(0, 60);`

	// meant lists what must be reached, in the order of the page. Of radio buttons with one name it is the one that is chosen.
	meant = `(() => {
		` + naming + `
		document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex');
		const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')];
		const one = (e) => { const same = all.filter((it) => it.type === 'radio' && it.name === e.name); return same.find((it) => it.checked) || same[0]; };
		return all.filter((e) => e.checkVisibility() && !e.matches(':disabled') && e.type !== 'hidden' && !e.matches('.away') && (e.type !== 'radio' || e === one(e))).map(name);
	})()`

	reached = `(() => {
		` + naming + `
		const e = document.activeElement, shown = e.type === 'radio' ? e.labels[0] : e, box = e.getBoundingClientRect(), style = getComputedStyle(shown);
		return { name: name(e), top: box.top + scrollY, bottom: box.bottom + scrollY, inside: e !== document.body,
			focus: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 3 };
	})()`
)

// reached walks through the page with the keyboard: everything that can be used is reached, from top to bottom, and it
// can be seen where one is.
func (b *tab) reached(what string) {
	b.t.Helper()
	want := ask[[]string](b, meant)
	var got []string
	last := 0.0
	for range len(want) + 1 {
		b.do("the next field", chromedp.KeyEvent(kb.Tab))
		s := ask[stop](b, reached)
		if !s.Inside || len(got) == len(want) && len(got) > 0 && s.Name == got[0] {
			break
		}
		if got = append(got, s.Name); s.Bottom < last {
			b.t.Errorf("%s: the focus goes back up to %s", what, s.Name)
		}
		if last = s.Top; !s.Focus {
			b.t.Errorf("%s: the focus on %s cannot be seen", what, s.Name)
		}
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: the keyboard reaches\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// shown checks a secretary's screen as it is now, by day and by night, at her desk, with large text too, and on her phone.
func (b *tab) shown(what string) {
	b.t.Helper()
	for _, s := range []screen{phone, phoneDark, desktopLarge, desktopDark, desktop} {
		b.on(s)
		b.fits(what + " on a " + s.name)
		b.accessible(what+" on a "+s.name, s.rules...)
		b.picture(what + "-" + s.name)
	}
}
