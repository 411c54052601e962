package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// sheets gives how many sheets of paper the page takes, and keeps them beside the pictures.
func (b *tab) sheets(name string) int {
	b.t.Helper()
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	if err != nil {
		b.t.Fatal(err)
	}
	if dir := os.Getenv("CONVOC_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), pdf, 0o600); err != nil {
			b.t.Error(err)
		}
	}
	return len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
}

// onPaper is the text that is printed, and what has no use on paper but is printed all the same.
func (b *tab) onPaper() (text string, useless []string) {
	b.t.Helper()
	media := func(name string) {
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: name}); err != nil {
			b.t.Fatal(err)
		}
	}
	media("print")
	defer media("")
	return ask[string](b, `document.body.innerText.replace(/\s+/g, ' ')`), ask[[]string](b, `[...document.querySelectorAll(
		'button, .button, form[action], input, select, textarea, details, footer')].filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 100))`)
}

// What an élu prints: the convocation, the receipt, and the proxy that she signs, which is one sheet.
func TestPagesOnPaperWithoutScripts(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	e := newTab(t)
	e.noScript()
	link := c.link("anne@")
	e.enters(c, link, "Serez-vous présent(e)")
	e.printed("papier-lire", 2, "Ordre du jour Approbation du procès-verbal", "Budget.pdf")
	e.press("je donne pouvoir")
	e.write("#mandataire", "Bruno")
	e.press("Enregistrer ma réponse")
	e.await("Vérifier avant d’envoyer")
	e.press("Envoyer ma réponse")
	e.await("Merci, votre réponse est envoyée")
	e.printed("papier-merci", 1, "Réponse n° 1", "je donne pouvoir à Bruno Petit")
	e.see(link + "/lire")
	e.await("Votre réponse envoyée")
	e.printed("papier-lire-repondu", 2, "Votre réponse envoyée", "je donne pouvoir à Bruno Petit")
	e.see(link + "/pouvoir")
	e.await("Je soussigné(e)")
	e.printed("papier-pouvoir", 1, "Commune de Démonstration", "Je soussigné(e) Anne Dupont donne pouvoir à Bruno Petit", "Date et signature")
}

// printed checks what a page becomes on paper.
func (b *tab) printed(what string, sheets int, wanted ...string) {
	b.t.Helper()
	if got := b.sheets(what); got != sheets {
		b.t.Errorf("%s: %d sheets, want %d", what, got, sheets)
	}
	text, useless := b.onPaper()
	for _, w := range wanted {
		if !regexp.MustCompile(regexp.QuoteMeta(w)).MatchString(text) {
			b.t.Errorf("%s: lacks %q: %s", what, w, text)
		}
	}
	for _, u := range useless {
		b.t.Errorf("%s: is printed: %s", what, u)
	}
}
