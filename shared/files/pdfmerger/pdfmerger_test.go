package pdfmerger

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"convoc/shared/files"
)

// merger is the test binary, which starts itself.
var merger *Merger

func TestMain(m *testing.M) {
	merger = New()
	os.Exit(m.Run())
}

func part(title string, document []byte) files.Part {
	return files.Part{Title: title, Size: int64(len(document)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(document)), nil
	}}
}

func together(t *testing.T, parts ...files.Part) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := merger.Merge(t.Context(), &out, parts); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// chapters is a document of three pages with bookmarks of its own.
func chapters() []byte {
	return told("budget", 3, "/Outlines 9 0 R",
		"<</Type/Outlines/First 10 0 R/Last 12 0 R/Count 2>>",
		"<</Title(Recettes)/Parent 9 0 R/Next 12 0 R/First 11 0 R/Last 11 0 R/Count -1/Dest[3 0 R/XYZ 0 100 null]>>",
		"<</Title(Dotations)/Parent 10 0 R/A<</S/GoTo/D[5 0 R/Fit]>>>>",
		"<</Title<FEFF004400E90070>/Parent 9 0 R/Prev 10 0 R/Dest[7 0 R/Fit]>>")
}

func TestDocumentsBecomeOneWithABookmarkEach(t *testing.T) {
	document := together(t, part("Note de synthèse (n° 1)", told("note", 1, "")), part("Budget", chapters()), part("😀", told("plan", 2, "")))
	want := found{
		Pages: []string{"note 1", "budget 1", "budget 2", "budget 3", "plan 1", "plan 2"},
		Bookmarks: []string{
			"Note de synthèse (n° 1) 1", "Budget 2", "  Recettes 2", "    Dotations 3", "  Dép 4", "😀 5",
		},
	}
	if diff := cmp.Diff(want, open(t, document)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	c := opened(t, document)
	root := *c.RootDict.IndirectRefEntry("Outlines")
	if n := chained(t, c, root); n != 3 {
		t.Errorf("%d bookmarks", n)
	}
	if mode := c.RootDict.NameEntry("PageMode"); mode == nil || *mode != "UseOutlines" {
		t.Error("it opens without its bookmarks")
	}
	if !bytes.HasPrefix(document, []byte("%PDF-1.7\n")) || !bytes.HasSuffix(bytes.TrimSpace(document), []byte("%%EOF")) {
		t.Errorf("begins with %q and ends with %q", document[:9], document[len(document)-9:])
	}
}

// The first document lends the others nothing: neither its title nor what it does when it is opened.
func TestWhatIsSaidOfOneDocumentIsNotSaidOfAll(t *testing.T) {
	first := told("a", 1, "/Lang(fr)/OpenAction 5 0 R/PageLabels<</Nums[0<</S/r>>]>>/AcroForm<</DA(/F 9 Tf)/Fields[6 0 R]>>/Names<</JavaScript<</Names[(a)5 0 R]>>>>",
		"<</S/JavaScript/JS(app.alert\\(1\\))>>", "<</Type/Annot/Subtype/Widget/FT/Tx/T(nom)/V(Dupont)/Rect[0 0 9 9]>>")
	document := together(t, part("A", first), part("B", told("b", 1, "")))
	var keys []string
	for key := range opened(t, document).RootDict {
		keys = append(keys, key)
	}
	if len(keys) != 4 || bytes.Contains(document, []byte("JavaScript")) {
		t.Errorf("the whole says %q", keys)
	}
}

func TestThousandPages(t *testing.T) {
	got := open(t, together(t, part("A", told("a", 1000, "")), part("B", told("b", 1, ""))))
	if len(got.Pages) != 1001 || got.Pages[999] != "a 1000" || got.Pages[1000] != "b 1" {
		t.Errorf("%d pages", len(got.Pages))
	}
	if diff := cmp.Diff([]string{"A 1", "B 1001"}, got.Bookmarks); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// linked is a document of two pages, the first with a link to the second, by a name that others use too.
func linked(text, catalog, link string) []byte {
	document := told(text, 2, catalog, "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]"+link+">>", "[5 0 R/Fit]")
	return rewritten(document, "<</Type/Page/Parent 2 0 R", "<</Type/Page/Annots[7 0 R]/Parent 2 0 R")
}

// rewritten changes something once, and leaves it to readers to find the objects, which have moved.
func rewritten(document []byte, from, to string) []byte {
	return bytes.Replace(document, []byte(from), []byte(to), 1)
}

func TestLinksStayInTheirDocument(t *testing.T) {
	for name, c := range map[string]struct{ catalog, link string }{
		"by a page":                {"", "/Dest[5 0 R/Fit]"},
		"by a place":               {"", "/Dest 8 0 R"},
		"by a name":                {"/Names<</Dests<</Names[(p)8 0 R]>>>>", "/Dest(p)"},
		"by a name with a place":   {"/Names<</Dests<</Names[(p)<</D[5 0 R/Fit]>>]>>>>", "/A<</S/GoTo/D(p)>>"},
		"by a name of the old way": {"/Dests<</p[5 0 R/Fit]>>", "/Dest/p"},
	} {
		t.Run(name, func(t *testing.T) {
			c := opened(t, together(t, part("A", linked("a", c.catalog, c.link)), part("B", linked("b", c.catalog, c.link))))
			for _, page := range []int{1, 3} {
				if got := leadsTo(t, c, page); got != page+1 {
					t.Errorf("from page %d to page %d", page, got)
				}
			}
		})
	}
}

// leadsTo is the page to which the one link of a page leads.
func leadsTo(t *testing.T, c *model.Context, page int) int {
	t.Helper()
	d, _, _, err := c.PageDict(page, false)
	if err != nil {
		t.Fatal(err)
	}
	links, err := c.DereferenceArray(d["Annots"])
	if err != nil || len(links) != 1 {
		t.Fatal(links, err)
	}
	link, err := c.DereferenceDict(links[0])
	if err != nil {
		t.Fatal(err)
	}
	to := link["Dest"]
	if action, err := c.DereferenceDict(link["A"]); err == nil && action != nil {
		to = action["D"]
	}
	place, err := c.DereferenceArray(to)
	if err != nil || len(place) == 0 {
		t.Fatal(to, err)
	}
	n, err := c.PageNumber(place[0].(types.IndirectRef).ObjectNumber.Value())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What a page shows may be known to be there only when it is written, and what it refers to may not be there at all:
// neither must become something of another document.
func TestObjectsAreThoseOfTheirDocument(t *testing.T) {
	deep := packed([]string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/LastModified(D:2026)/PieceInfo<</Convoc<</LastModified(D:2026)/Private 4 0 R>>>>>>",
	}, "<</Mine 5 0 R/Gone 66 0 R/AlsoGone[77 0 R]>>", "(mine)")
	c := opened(t, together(t, part("A", deep), part("B", told("b", 50, "")), part("C", deep)))
	for _, page := range []int{1, 52} {
		d, _, _, err := c.PageDict(page, false)
		if err != nil {
			t.Fatal(err)
		}
		private, err := c.DereferenceDict(d.DictEntry("PieceInfo").DictEntry("Convoc")["Private"])
		if err != nil {
			t.Fatal(err)
		}
		mine, err := c.Dereference(private["Mine"])
		if want := (types.Dict{"Mine": private["Mine"], "AlsoGone": types.Array{nil}}); err != nil || mine != types.StringLiteral("mine") || !cmp.Equal(want, private) {
			t.Errorf("page %d: %v, with %v, %v", page, private, mine, err)
		}
	}
}

func TestHiddenLayersStayHidden(t *testing.T) {
	layer := func(name string) string { return "<</Type/OCG/Name(" + name + ")>>" }
	a := told("a", 1, "/OCProperties<</OCGs[5 0 R 6 0 R]/D<</OFF[6 0 R]>>>>", layer("a shown"), layer("a hidden"))
	b := told("b", 1, "/OCProperties<</OCGs[5 0 R 6 0 R]/D<</BaseState/OFF/ON[6 0 R]>>>>", layer("b hidden"), layer("b shown"))
	c := opened(t, together(t, part("Plan", a), part("Sans", told("c", 1, "")), part("Plan", b)))
	properties, err := c.DereferenceDict(c.RootDict["OCProperties"])
	if err != nil {
		t.Fatal(err)
	}
	state, err := c.DereferenceDict(properties["D"])
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"a shown", "a hidden", "b hidden", "b shown"}, {"a hidden", "b hidden"}}
	if diff := cmp.Diff(want, [][]string{names(t, c, properties["OCGs"]), names(t, c, state["OFF"])}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func names(t *testing.T, c *model.Context, list types.Object) []string {
	t.Helper()
	array, err := c.DereferenceArray(list)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, o := range array {
		d, err := c.DereferenceDict(o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d["Name"].(types.StringLiteral).Value())
	}
	return all
}

func TestWhatCannotBeMerged(t *testing.T) {
	good := told("bon", 1, "")
	pages := func(tree string) []byte { return pdf("<</Type/Catalog/Pages 2 0 R>>", tree) }
	for name, document := range map[string][]byte{
		"behind a password":                     locked(t, good, "secret", "secret"),
		"locked against changes":                locked(t, good, "", "secret"),
		"nothing":                               {},
		"a picture":                             []byte("\xff\xd8\xff\xe0\x00\x10JFIF%%EOF"),
		"a name and no more":                    []byte("%PDF-1.7\n%%EOF\n"),
		"cut off":                               told("a", 100, "")[:8_000],
		"cut off at its end":                    good[:len(good)-8],
		"no page":                               pages("<</Type/Pages/Kids[]/Count 0>>"),
		"pages that are not there":              pages("<</Type/Pages/Kids[7 0 R]/Count 1>>"),
		"a list of pages that breaks off":       rewritten(told("a", 3, ""), "/Count 3>>", "/Count 3H>"),
		"a list of pages that runs into one":    rewritten(told("a", 3, ""), "/Count 3>>\nendobj\n3 0 obj", "/Count 3>"),
		"pages that are their own":              pages("<</Type/Pages/Kids[2 0 R]/Count 1>>"),
		"a page whose contents are not there":   rewritten(good, "/Contents 4 0 R", "/Contents 9 0 R"),
		"a page whose contents cannot be read":  rewritten(good, "/Length 7>>", "/Filter[(  "),
		"a form that is its own part":           told("a", 1, "/AcroForm<</Fields[5 0 R]>>", "<</FT/Tx/T(a)/Kids[5 0 R]>>"),
		"a length that is its own":              rewritten(good, "/Length 7", "/Length 4 0 R"),
		"a table that says it is more than all": rewritten(good, "0 5\n", "0 500000000\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := merger.Merge(t.Context(), io.Discard, []files.Part{part("A", good), part("B", document)}); !errors.Is(err, files.ErrUnmergeable) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhatReadersPutUpWith(t *testing.T) {
	good := told("bon", 1, "")
	for name, document := range map[string][]byte{
		"something before it":             append([]byte("courrier\r\n"), good...),
		"objects that are elsewhere":      rewritten(good, "%PDF-1.7\n", "%PDF-1.7\n% et\n"),
		"PDF 2.0":                         rewritten(good, "%PDF-1.7", "%PDF-2.0"),
		"bookmarks that have no end":      told("bon", 1, "/Outlines 5 0 R", "<</First 6 0 R/Last 6 0 R>>", "<</Title(a)/Parent 5 0 R/Next 6 0 R>>"),
		"bookmarks that go in a circle":   told("bon", 1, "/Outlines 5 0 R", "<</First 6 0 R/Last 7 0 R>>", "<</Title(a)/Parent 5 0 R/Next 7 0 R>>", "<</Title(b)/Parent 5 0 R/Prev 6 0 R/Next 6 0 R>>"),
		"bookmarks that are their own":    told("bon", 1, "/Outlines 5 0 R", "<</First 6 0 R/Last 6 0 R>>", "<</Title(a)/Parent 5 0 R/First 6 0 R>>"),
		"a list of pages of its own":      rewritten(told("bon", 1, "", "[3 0 R]"), "/Kids[3 0 R ]", "/Kids 5 0 R"),
		"a form without what it shows":    told("bon", 1, "/AcroForm<</DA(/F 9 Tf)/Fields[5 0 R]>>", "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(b)/Rect[0 0 9 9]>>"),
		"a link that leads nowhere":       linked("bon", "", "/Dest(nulle part)"),
		"a structure":                     told("bon", 1, "/MarkInfo<</Marked true>>/StructTreeRoot 5 0 R", "<</Type/StructTreeRoot>>"),
		"much that no page shows":         told("bon", 1, "", stream("/Filter/FlateDecode", deflated(strings.Repeat("0 ", 1_000_000)))),
		"an end that is not the very end": append(bytes.Clone(good), make([]byte, 500)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, parts := range [][]files.Part{
				{part("Bon", document), part("Autre", told("autre", 1, ""))}, {part("Autre", told("autre", 1, "")), part("Bon", document)},
			} {
				got := open(t, together(t, parts...))
				if all := strings.Join(got.Pages, ","); !strings.Contains(all, "bon 1") || !strings.Contains(all, "autre 1") || len(got.Bookmarks) != 2 {
					t.Errorf("pages %q, bookmarks %q", got.Pages, got.Bookmarks)
				}
			}
		})
	}
}
