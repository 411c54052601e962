package pdfmerger

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// pdf writes a PDF by hand: objects from 1 on, the first of them the catalog.
func pdf(objects ...string) []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return out.Bytes()
}

func stream(dict, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(content), content)
}

// packed is a PDF with objects from 1 on, then objects that are packed, each in a stream of its own.
func packed(plain []string, inside ...string) []byte {
	var out, table bytes.Buffer
	out.WriteString("%PDF-1.7\n")
	entry := func(kind byte, where, index int) {
		table.WriteByte(kind)
		_ = binary.Write(&table, binary.BigEndian, struct{ Where, Index uint32 }{uint32(where), uint32(index)})
	}
	entry(0, 0, 0)
	first := len(plain) + 1
	for i, o := range plain {
		entry(1, out.Len(), 0)
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", 1+i, o)
	}
	holder := first + len(inside)
	for i := range inside {
		entry(2, holder+i, 0)
	}
	for i, o := range inside {
		entry(1, out.Len(), 0)
		head := fmt.Sprintf("%d 0 ", first+i)
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", holder+i,
			stream(fmt.Sprintf("/Type/ObjStm/N 1/First %d/Filter/FlateDecode", len(head)), deflated(head+o)))
	}
	last, start := holder+len(inside), out.Len()
	entry(1, start, 0)
	fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", last,
		stream(fmt.Sprintf("/Type/XRef/W[1 4 4]/Size %d/Root 1 0 R", last+1), table.String()), start)
	return out.Bytes()
}

func deflated(text string) string {
	var out bytes.Buffer
	w, _ := zlib.NewWriterLevel(&out, zlib.BestSpeed)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.String()
}

// told is a PDF of so many pages, each of which says the text and its number. Object 3 is its first page, with its contents
// after it, and so on; more objects come after all pages, and more is more of the catalog.
func told(text string, pages int, catalog string, more ...string) []byte {
	var kids strings.Builder
	objects := []string{"", ""}
	for n := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 3+2*n)
		objects = append(objects, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Resources<<>>/Contents %d 0 R>>", 4+2*n),
			stream("", fmt.Sprintf("%% %s %d", text, n+1)))
	}
	objects[0] = "<</Type/Catalog/Pages 2 0 R" + catalog + ">>"
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), pages)
	return pdf(append(objects, more...)...)
}

// locked is a PDF that a password protects.
func locked(t *testing.T, document []byte, user, owner string) []byte {
	t.Helper()
	c := configuration()
	c.Cmd, c.UserPW, c.OwnerPW, c.EncryptUsingAES, c.EncryptKeyLength = model.ENCRYPT, user, owner, true, 256
	c.Permissions = model.PermissionsNone
	var out bytes.Buffer
	if err := api.Encrypt(bytes.NewReader(document), &out, c); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// found is what a reader finds in a PDF.
type found struct {
	Pages     []string // what each says
	Bookmarks []string // « title 3 », indented by their levels
}

func open(t *testing.T, document []byte) found {
	t.Helper()
	c := opened(t, document)
	var f found
	for n := range c.PageCount {
		f.Pages = append(f.Pages, said(t, c, n+1))
	}
	marks, err := pdfcpu.Bookmarks(c)
	if err != nil {
		t.Fatal(err)
	}
	f.Bookmarks = lines(marks, "")
	return f
}

func opened(t *testing.T, document []byte) *model.Context {
	t.Helper()
	c := configuration()
	c.Cmd, c.ValidationMode = model.VALIDATE, model.ValidationStrict
	ctx, err := api.ReadAndValidate(bytes.NewReader(document), c)
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func said(t *testing.T, c *model.Context, page int) string {
	t.Helper()
	d, _, _, err := c.PageDict(page, false)
	if err != nil {
		t.Fatal(err)
	}
	content, err := c.PageContent(d, page)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(string(content), "% "))
}

func lines(marks []pdfcpu.Bookmark, indent string) []string {
	var all []string
	for _, m := range marks {
		all = append(all, fmt.Sprintf("%s%s %d", indent, m.Title, m.PageFrom))
		all = append(all, lines(m.Kids, indent+"  ")...)
	}
	return all
}

// chained checks that the bookmarks of a level lead from one to the next, back, and up to the one above, as readers other
// than pdfcpu want it, and that their numbers are right. It gives how many there are.
func chained(t *testing.T, c *model.Context, above types.IndirectRef) int {
	t.Helper()
	d, err := c.DereferenceDict(above)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var before *types.IndirectRef
	for next := d.IndirectRefEntry("First"); next != nil; n++ {
		item, err := c.DereferenceDict(*next)
		if err != nil {
			t.Fatal(err)
		}
		if up := item.IndirectRefEntry("Parent"); up == nil || *up != above {
			t.Errorf("bookmark %v is below %v, not %v", item, up, above)
		}
		if back := item.IndirectRefEntry("Prev"); (back == nil) != (before == nil) || back != nil && *back != *before {
			t.Errorf("bookmark %v comes after %v, not %v", item, back, before)
		}
		if below := chained(t, c, *next); below > 0 && *item.IntEntry("Count") != -below {
			t.Errorf("bookmark %v has %d below it", item, below)
		}
		before, next = next, item.IndirectRefEntry("Next")
	}
	if last := d.IndirectRefEntry("Last"); n > 0 && *last != *before {
		t.Errorf("the last of %v is %v, not %v", above, last, before)
	}
	return n
}
