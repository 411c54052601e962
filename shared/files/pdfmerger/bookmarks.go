package pdfmerger

import (
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// The bookmarks are written here and not by pdfcpu: those that it makes of merged documents (v0.15.0) lack the way back
// from one to the one before, and their numbers are wrong.

// bookmark makes the bookmark of a document, with those of its own below it. A document whose own ones cannot be followed
// does without them.
func bookmark(c *model.Context, title string, page types.IndirectRef, catalog types.Dict) (*types.IndirectRef, error) {
	text, err := types.EscapedUTF16String(title)
	if err != nil {
		return nil, err
	}
	top := types.Array{page, types.Name("XYZ"), nil, nil, nil} // as large as the page before was
	mark := types.Dict{"Title": types.StringLiteral(*text), "Dest": top}
	ref, err := c.IndRefForNewObject(mark)
	if err != nil {
		return nil, err
	}
	own, err := c.DereferenceDict(catalog["Outlines"])
	if err != nil {
		return ref, nil
	}
	items, err := chain(c, own.IndirectRefEntry("First"))
	if err != nil {
		return ref, nil
	}
	return ref, hang(c, items, mark, *ref)
}

// chain lists the bookmarks of one level from the first on, settles them, and hangs those of the levels below. They have
// been validated: they have an end.
func chain(c *model.Context, first *types.IndirectRef) ([]types.IndirectRef, error) {
	var items []types.IndirectRef
	for next := first; next != nil; {
		d, err := c.DereferenceDict(*next)
		if err != nil || d == nil {
			return items, err
		}
		if err := settle(c, d); err != nil {
			return nil, err
		}
		below, err := chain(c, d.IndirectRefEntry("First"))
		if err != nil {
			return nil, err
		}
		if err := hang(c, below, d, *next); err != nil {
			return nil, err
		}
		items, next = append(items, *next), d.IndirectRefEntry("Next")
	}
	return items, nil
}

// hang puts bookmarks below another one, closed (ISO 32000-1, 12.3.3).
func hang(c *model.Context, items []types.IndirectRef, above types.Dict, ref types.IndirectRef) error {
	for _, key := range []string{"First", "Last", "Count"} {
		delete(above, key)
	}
	if len(items) == 0 {
		return nil
	}
	above["First"], above["Last"], above["Count"] = items[0], items[len(items)-1], types.Integer(-len(items))
	for i, item := range items {
		d, err := c.DereferenceDict(item)
		if err != nil {
			return err
		}
		delete(d, "Prev")
		delete(d, "Next")
		d["Parent"] = ref
		if i > 0 {
			d["Prev"] = items[i-1]
		}
		if i < len(items)-1 {
			d["Next"] = items[i+1]
		}
	}
	return nil
}

// settleLinks settles the links of a page.
func settleLinks(c *model.Context, page types.IndirectRef) error {
	d, err := c.DereferenceDict(page)
	if err != nil {
		return err
	}
	notes, err := c.DereferenceArray(d["Annots"])
	if err != nil {
		return err
	}
	for _, note := range notes {
		d, err := c.DereferenceDict(note)
		if err != nil {
			return err
		}
		if err := settle(c, d); err != nil {
			return err
		}
	}
	return nil
}

// settle says where a link or a bookmark leads by the page instead of by a name: two documents may use the same one. What
// it says by the structure of the document stays behind with that.
func settle(c *model.Context, d types.Dict) error {
	delete(d, "SE")
	if err := settleKey(c, d, "Dest"); err != nil {
		return err
	}
	action, err := c.DereferenceDict(d["A"])
	if err != nil {
		return err
	}
	if kind := action.NameEntry("S"); kind == nil || *kind != "GoTo" {
		return nil
	}
	delete(action, "SD")
	return settleKey(c, action, "D")
}

func settleKey(c *model.Context, d types.Dict, key string) error {
	to, err := c.Dereference(d[key])
	if err != nil {
		return err
	}
	if _, isPlace := to.(types.Array); isPlace || to == nil {
		return nil
	}
	name, err := c.DestName(to)
	if err != nil {
		return err
	}
	place, err := c.DereferenceDestArray(name)
	if err != nil || place == nil {
		delete(d, key) // it leads nowhere
		return nil
	}
	d[key] = place.Clone()
	return nil
}

// outlineOf makes the outline of the bookmarks of the documents.
func outlineOf(c *model.Context, marks []types.IndirectRef) (*types.IndirectRef, error) {
	outline := types.Dict{"Type": types.Name("Outlines")}
	ref, err := c.IndRefForNewObject(outline)
	if err != nil {
		return nil, err
	}
	if err := hang(c, marks, outline, *ref); err != nil {
		return nil, err
	}
	outline["Count"] = types.Integer(len(marks)) // it is open
	return ref, nil
}
