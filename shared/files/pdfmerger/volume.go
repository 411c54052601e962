package pdfmerger

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"
)

var (
	errCut    = errors.New("the document has no end")
	errEmpty  = errors.New("the document has no page")
	errBroken = errors.New("what a page shows cannot be read")
)

// volume is the merged document as it grows. It uses the packages below pdfcpu's api: that one brings tables for terminals,
// which take 21 ms of each start of the program.
//
// Of a document it takes the pages, where links lead, bookmarks, and which layers are hidden. What is said of a document
// as a whole stays behind: title and author, forms (they are filled in the document itself, and show what they hold),
// signatures (they hold for the document itself), scripts, attachments, colours meant for a printer, and the structure
// for assistive technology, which pdfcpu cannot join.
type volume struct {
	into *model.Context // nil until the first document
	docs []types.Dict   // of each document, what [strip] leaves
}

// The keys of what [strip] leaves, besides those of a catalog.
const (
	bookmarkKey = "Outlines" // the bookmark of the document
	layersKey   = "OCGs"
	hiddenKey   = "OFF" // those of the layers that are hidden
)

// add appends a document. After an error the volume is spoilt.
func (v *volume) add(title string, pdf []byte) error {
	c, pages, err := read(pdf)
	if err != nil {
		return err
	}
	doc, err := strip(c, title, pages)
	if err != nil {
		return err
	}
	v.docs = append(v.docs, doc)
	if v.into == nil {
		v.into = c
		return nil
	}
	return pdfcpu.MergeXRefTables("", c, v.into, false, false) // numbers its objects anew, also those of doc
}

// read reads a document and lists its pages. It is stricter than pdfcpu, which mends a document that is cut off by leaving
// pages out or blank.
func read(pdf []byte) (*model.Context, []types.IndirectRef, error) {
	if !bytes.Contains(pdf[max(0, len(pdf)-1024):], []byte("%%EOF")) { // where readers look for it: PDF Reference 1.7, H.3, note 18
		return nil, nil, errCut
	}
	c, err := pdfcpu.Read(bytes.NewReader(pdf), configuration())
	if err != nil {
		return nil, nil, err
	}
	root, err := c.Pages()
	if err != nil || root == nil {
		return nil, nil, errors.Join(errEmpty, err)
	}
	pages, err := pagesBelow(c, *root, map[types.IndirectRef]bool{})
	if err != nil {
		return nil, nil, err
	}
	if len(pages) == 0 {
		return nil, nil, errEmpty
	}
	c.Read.RS = nil // all has been read: the bytes can go
	if err := validate.XRefTable(c); err != nil {
		return nil, nil, err
	}
	if c.PageCount != len(pages) {
		return nil, nil, errBroken
	}
	return c, pages, nil
}

// anchor unpacks all objects, and takes away what refers to none. pdfcpu v0.15.0 gives neither a new number when it
// merges, and both would come to mean objects of another document.
func anchor(c *model.Context) error {
	for number, entry := range c.Table {
		if number == 0 || entry == nil || entry.Free {
			continue
		}
		o, err := c.Dereference(*types.NewIndirectRef(number, 0))
		if err != nil {
			return err
		}
		if _, is := o.(types.IndirectRef); is {
			return errBroken
		}
		entry.Object = anchored(c, o)
	}
	return nil
}

func anchored(c *model.Context, o types.Object) types.Object {
	switch o := o.(type) {
	case types.IndirectRef:
		if _, there := c.Find(o.ObjectNumber.Value()); !there {
			return nil
		}
	case types.StreamDict:
		anchored(c, o.Dict)
	case types.Array:
		for i := range o {
			o[i] = anchored(c, o[i])
		}
	case types.Dict:
		for key := range o {
			if o[key] = anchored(c, o[key]); o[key] == nil {
				delete(o, key) // ISO 32000-1, 7.3.7: it is the same
			}
		}
	}
	return o
}

// configuration of pdfcpu. It has none of its own to fall back on: that would be a directory in the user's home.
func configuration() *model.Configuration {
	limits := model.DefaultResourceLimits()
	limits.MaxDecodeBytes = maxMemory / 4 // of one stream; the limit of all is that of the process
	return &model.Configuration{
		Cmd:      model.MERGECREATE, // refuses what is encrypted, also without a password
		Reader15: true, ValidationMode: model.ValidationRelaxed, Offline: true, Limits: limits,
		Eol: types.EolLF, WriteObjectStream: true, WriteXRefStream: true,
	}
}

// strip leaves of a document's catalog what a volume takes.
func strip(c *model.Context, title string, pages []types.IndirectRef) (types.Dict, error) {
	catalog, err := c.Catalog()
	if err != nil {
		return nil, err
	}
	if err := anchor(c); err != nil {
		return nil, err
	}
	for _, page := range pages {
		if err := settleLinks(c, page); err != nil {
			return nil, err
		}
	}
	mark, err := bookmark(c, title, pages[0], catalog)
	if err != nil {
		return nil, err
	}
	layers, hidden, err := layersOf(c, catalog)
	if err != nil {
		return nil, err
	}
	root := catalog["Pages"]
	clear(catalog)
	catalog["Type"], catalog["Pages"], catalog[bookmarkKey] = types.Name("Catalog"), root, *mark
	catalog[layersKey], catalog[hiddenKey] = layers, hidden
	c.Names, c.NameRefs, c.Dests, c.Form = map[string]*model.Node{}, map[string]model.NameMap{}, nil, nil
	c.Info, c.ID, c.AdditionalStreams = nil, nil, nil
	c.EnsureVersionForWriting()
	return catalog, nil
}

// pagesBelow lists the pages of a part of the page tree, and mends what pdfcpu relies on when it merges: lists of pages
// that are in place, and their counts.
func pagesBelow(c *model.Context, node types.IndirectRef, seen map[types.IndirectRef]bool) ([]types.IndirectRef, error) {
	d, err := c.DereferenceDict(node)
	if err != nil || d == nil || seen[node] {
		return nil, errors.Join(errBroken, err)
	}
	seen[node] = true
	if kind := d.Type(); kind != nil && *kind == "Page" {
		return []types.IndirectRef{node}, checkContents(c, d)
	}
	if d["Kids"] == nil {
		return nil, errBroken
	}
	kids, err := c.DereferenceArray(d["Kids"])
	if err != nil {
		return nil, err
	}
	var all []types.IndirectRef
	for _, kid := range kids {
		ref, ok := kid.(types.IndirectRef)
		if !ok {
			return nil, errBroken
		}
		below, err := pagesBelow(c, ref, seen)
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	d["Kids"], d["Count"] = kids.Clone(), types.Integer(len(all))
	return all, nil
}

// checkContents refuses a page of which something cannot be read.
func checkContents(c *model.Context, page types.Dict) error {
	if page["Contents"] == nil {
		return nil
	}
	contents, err := c.Dereference(page["Contents"])
	if err != nil {
		return err
	}
	parts, several := contents.(types.Array)
	if !several {
		parts = types.Array{contents}
	}
	for _, part := range parts {
		o, err := c.Dereference(part)
		if err != nil {
			return err
		}
		if _, is := o.(types.StreamDict); !is {
			return errBroken
		}
	}
	return nil
}

// write ends the volume.
func (v *volume) write(w io.Writer) error {
	if v.into == nil {
		return errEmpty
	}
	marks := make([]types.IndirectRef, len(v.docs))
	var layers, hidden types.Array
	for i, doc := range v.docs {
		marks[i] = doc[bookmarkKey].(types.IndirectRef)
		layers = append(layers, doc[layersKey].(types.Array)...)
		hidden = append(hidden, doc[hiddenKey].(types.Array)...)
	}
	catalog := v.docs[0]
	delete(catalog, layersKey)
	delete(catalog, hiddenKey)
	if len(layers) > 0 {
		catalog["OCProperties"] = types.Dict{"OCGs": layers, "D": types.Dict{"OFF": hidden}}
	}
	outline, err := outlineOf(v.into, marks)
	if err != nil {
		return err
	}
	catalog["Outlines"], catalog["PageMode"] = *outline, types.Name("UseOutlines")
	out := bufio.NewWriter(w)
	v.into.Write.Writer = out
	return errors.Join(pdfcpu.WriteContext(v.into), out.Flush())
}

// layersOf lists the layers of a document, and those of them that are hidden when it is opened (ISO 32000-1, 8.11.4).
func layersOf(c *model.Context, catalog types.Dict) (all, hidden types.Array, err error) {
	properties, err := c.DereferenceDict(catalog["OCProperties"])
	if err != nil {
		return nil, nil, err
	}
	state, err := c.DereferenceDict(properties["D"])
	if err != nil {
		return nil, nil, err
	}
	if all, err = references(c, properties["OCGs"]); err != nil {
		return nil, nil, err
	}
	if base := state.NameEntry("BaseState"); base == nil || *base != "OFF" {
		hidden, err = references(c, state["OFF"])
		return all, hidden, err
	}
	shown, err := references(c, state["ON"])
	hidden = slices.DeleteFunc(slices.Clone(all), func(o types.Object) bool { return slices.Contains(shown, o) })
	return all, hidden, err
}

// references copies a list of objects.
func references(c *model.Context, list types.Object) (types.Array, error) {
	array, err := c.DereferenceArray(list)
	refs := types.Array{}
	for _, o := range array {
		if ref, ok := o.(types.IndirectRef); ok {
			refs = append(refs, ref)
		}
	}
	return refs, err
}
