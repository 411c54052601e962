package web

import (
	"context"
	"net/http"
	"strconv"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/rights"
)

type groupRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type contactAnswer struct {
	ID        string     `json:"id"`
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	Addresses []string   `json:"addresses"`
	Groups    []groupRef `json:"groups"`
}

type contactsAnswer struct {
	Contacts []contactAnswer `json:"contacts"`
	Total    int             `json:"total"`
	Next     string          `json:"next"`
}

type contactRequest struct {
	Version   int64    `json:"version"`
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
	Groups    []string `json:"groups"`
}

type chosenContacts struct {
	Contacts []string `json:"contacts"`
}

type deletedAnswer struct {
	Deleted int `json:"deleted"`
}

type groupAnswer struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members int      `json:"members"`
	Heads   []string `json:"heads"`
	Shared  bool     `json:"shared"`
}

type groupsAnswer struct {
	Groups []groupAnswer `json:"groups"`
}

type groupRequest struct {
	Name string `json:"name"`
}

type suggestion struct {
	Kind    string `json:"kind"` // group, contact
	ID      string `json:"id"`
	Name    string `json:"name"`
	Count   int    `json:"count,omitempty"`
	Address string `json:"address,omitempty"`
}

type suggestionsAnswer struct {
	Suggestions []suggestion `json:"suggestions"`
	More        bool         `json:"more"` // others may begin like that
}

// contactRoutes are the routes of the directory.
func contactRoutes(a Admin) []Route {
	read, change := rights.DirectoryRead, rights.DirectoryWrite
	return []Route{
		{"GET /api/contacts", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.listContacts)},
		{"POST /api/contacts", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.createContact)},
		{"PUT /api/contacts/{contact}", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.changeContact)},
		{"POST /api/contacts/delete", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.deleteContacts)},
		{"GET /api/groups", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.listGroups)},
		{"POST /api/groups", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.createGroup)},
		{"PUT /api/groups/{group}", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.renameGroup)},
		{"DELETE /api/groups/{group}", change, endpoint(a.Site, a.Account, change, http.StatusNoContent, a.deleteGroup)},
		{"GET /api/recipients", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.suggest)},
	}
}

func (a Admin) listContacts(ctx context.Context, c call, _ none) (contactsAnswer, error) {
	q := c.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 {
		limit = contacts.MaxPage
	}
	group := q.Get("group")
	if group != "" && !ident.Valid("grp_", group) {
		return contactsAnswer{}, errs.ErrNotFound
	}
	page, err := a.Contacts.List(ctx, c.h, contacts.Filter{
		Words: q.Get("q"), Group: directory.GroupID(group), After: q.Get("cursor"), Limit: limit,
	})
	out := contactsAnswer{Contacts: []contactAnswer{}, Total: page.Total, Next: page.Next}
	for _, e := range page.Entries {
		out.Contacts = append(out.Contacts, contactOut(e))
	}
	return out, err
}

func contactOut(e contacts.Entry) contactAnswer {
	out := contactAnswer{ID: string(e.ID), Version: e.Version, Name: e.Name, Addresses: []string{}, Groups: []groupRef{}}
	for _, addr := range e.Addresses {
		out.Addresses = append(out.Addresses, string(addr))
	}
	for _, g := range e.Groups {
		out.Groups = append(out.Groups, groupRef{string(g.ID), g.Name})
	}
	return out
}

func (r contactRequest) fields() contacts.Fields {
	f := contacts.Fields{Name: r.Name, Addresses: r.Addresses}
	for _, g := range r.Groups {
		f.Groups = append(f.Groups, directory.GroupID(g))
	}
	return f
}

func (a Admin) createContact(ctx context.Context, c call, r contactRequest) (contactAnswer, error) {
	e, err := a.Contacts.Create(ctx, c.h, c.session.Login, r.fields())
	return contactOut(e), err
}

func (a Admin) changeContact(ctx context.Context, c call, r contactRequest) (contactAnswer, error) {
	id, err := pathID[directory.ContactID](c, "contact", "ctc_")
	if err != nil {
		return contactAnswer{}, err
	}
	e, err := a.Contacts.Change(ctx, c.h, c.session.Login, id, r.Version, r.fields())
	return contactOut(e), err
}

func (a Admin) deleteContacts(ctx context.Context, c call, r chosenContacts) (deletedAnswer, error) {
	ids, err := checkIDs[directory.ContactID](r.Contacts, "ctc_")
	if err != nil {
		return deletedAnswer{}, err
	}
	n, err := a.Contacts.Delete(ctx, c.h, c.session.Login, ids)
	return deletedAnswer{n}, err
}

func (a Admin) listGroups(ctx context.Context, c call, _ none) (groupsAnswer, error) {
	groups, err := a.Contacts.Groups(ctx, c.h)
	out := groupsAnswer{Groups: []groupAnswer{}}
	for _, g := range groups {
		out.Groups = append(out.Groups, groupOut(g))
	}
	return out, err
}

func groupOut(g contacts.Group) groupAnswer {
	heads := g.Heads
	if heads == nil {
		heads = []string{}
	}
	return groupAnswer{string(g.ID), g.Name, g.Members, heads, g.Shared}
}

func (a Admin) createGroup(ctx context.Context, c call, r groupRequest) (groupAnswer, error) {
	g, err := a.Contacts.CreateGroup(ctx, c.h, c.session.Login, r.Name)
	return groupOut(g), err
}

func (a Admin) renameGroup(ctx context.Context, c call, r groupRequest) (groupAnswer, error) {
	id, err := pathID[directory.GroupID](c, "group", "grp_")
	if err != nil {
		return groupAnswer{}, err
	}
	g, err := a.Contacts.RenameGroup(ctx, c.h, c.session.Login, id, r.Name)
	return groupOut(g), err
}

func (a Admin) deleteGroup(ctx context.Context, c call, _ none) (none, error) {
	id, err := pathID[directory.GroupID](c, "group", "grp_")
	if err != nil {
		return none{}, err
	}
	return none{}, a.Contacts.DeleteGroup(ctx, c.h, c.session.Login, id)
}

func (a Admin) suggest(ctx context.Context, c call, _ none) (suggestionsAnswer, error) {
	found, err := a.Contacts.Suggest(ctx, c.h, c.URL.Query().Get("q"))
	out := suggestionsAnswer{Suggestions: []suggestion{}}
	of := map[string]int{}
	for _, f := range found {
		s := suggested(f)
		out.Suggestions = append(out.Suggestions, s)
		if of[s.Kind]++; of[s.Kind] == contacts.MaxSuggestions {
			out.More = true
		}
	}
	return out, err
}

func suggested(f contacts.Suggestion) suggestion {
	if f.Group != nil {
		return suggestion{Kind: "group", ID: string(f.Group.ID), Name: f.Group.Name, Count: f.Group.Members}
	}
	s := suggestion{Kind: "contact", ID: string(f.Contact.ID), Name: f.Contact.Name}
	if len(f.Contact.Addresses) > 0 {
		s.Address = string(f.Contact.Addresses[0])
	}
	return s
}
