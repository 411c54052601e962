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
	Civility  string     `json:"civility"`
	First     string     `json:"first"`
	Last      string     `json:"last"`
	Function  string     `json:"function"`
	Phone     string     `json:"phone"`
	Addresses []string   `json:"addresses"`
	Inactive  bool       `json:"inactive"`
	Paper     bool       `json:"paper"` // asked for letters
	Rank      int        `json:"rank"`  // in the « ordre du tableau »; 0: none
	Titular   *groupRef  `json:"substitute_of"`
	Groups    []groupRef `json:"groups"`
}

type contactsAnswer struct {
	Contacts []contactAnswer `json:"contacts"`
	Total    int             `json:"total"`
	AtLeast  bool            `json:"at_least"` // there may be more than total
	Next     string          `json:"next"`
}

// contactDetail is a contact with those who are her suppléants.
type contactDetail struct {
	contactAnswer
	Substitutes []groupRef `json:"substitutes"`
}

type contactFields struct {
	Name         string   `json:"name"`
	Civility     string   `json:"civility"`
	First        string   `json:"first"`
	Last         string   `json:"last"`
	Function     string   `json:"function"`
	Phone        string   `json:"phone"`
	Addresses    []string `json:"addresses"`
	Inactive     bool     `json:"inactive"`
	Paper        bool     `json:"paper"`
	Rank         int      `json:"rank"`
	SubstituteOf string   `json:"substitute_of"` // identifier; empty: of nobody
	Groups       []string `json:"groups"`
}

type contactRequest struct {
	Version int64 `json:"version"`
	contactFields
}

type seenContact struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

type mergeRequest struct {
	Keep   seenContact   `json:"keep"`
	Others []seenContact `json:"others"` // that go
	Fields contactFields `json:"fields"` // what is kept
}

type alikeAnswer struct {
	Address  bool            `json:"address"` // an address in common; else the words of their names
	Contacts []contactAnswer `json:"contacts"`
}

type duplicatesAnswer struct {
	Found []alikeAnswer `json:"found"`
	Next  string        `json:"next"` // more may be found from there on
}

type chosenContacts struct {
	Contacts []string `json:"contacts"`
}

type joinedAnswer struct {
	Joined int `json:"joined"`
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
	Office  int      `json:"in_office"` // members who are active, and nobody's suppléant
	AtLeast bool     `json:"at_least"`  // there are more
}

type groupsAnswer struct {
	Groups []groupAnswer `json:"groups"`
}

type groupRequest struct {
	Name string `json:"name"`
}

type shareRequest struct {
	Shared bool `json:"shared"`
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
		{"GET /api/contacts/{contact}", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.contact)},
		{"GET /api/contacts/duplicates", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.duplicates)},
		{"POST /api/contacts/merge", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.mergeContacts)},
		{"PUT /api/contacts/{contact}", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.changeContact)},
		{"POST /api/contacts/delete", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.deleteContacts)},
		{"GET /api/groups", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.listGroups)},
		{"POST /api/groups", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.createGroup)},
		{"PUT /api/groups/{group}", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.renameGroup)},
		{"PUT /api/groups/{group}/shared", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.shareGroup)},
		{"POST /api/groups/{group}/members", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.joinGroup)},
		{"DELETE /api/groups/{group}", change, endpoint(a.Site, a.Account, change, http.StatusNoContent, a.deleteGroup)},
		{"GET /api/recipients", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.suggest)},
	}
}

// contactFilter reads what narrows a list from the address. Errors: errs.ErrNotFound for a group or a state that cannot be.
func (s Site) contactFilter(c call) (contacts.Filter, error) {
	q := c.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 {
		limit = contacts.MaxPage
	}
	group, state := q.Get("group"), contacts.State(q.Get("state"))
	if group != "" && !ident.Valid("grp_", group) || !state.Valid() {
		return contacts.Filter{}, errs.ErrNotFound
	}
	after, err := s.after(c)
	return contacts.Filter{
		Words: q.Get("q"), Group: directory.GroupID(group), State: state, ByRank: q.Get("sort") == "rank", After: after, Limit: limit,
	}, err
}

func (a Admin) listContacts(ctx context.Context, c call, _ none) (contactsAnswer, error) {
	f, err := a.contactFilter(c)
	if err != nil {
		return contactsAnswer{}, err
	}
	page, err := a.Contacts.List(ctx, c.h, f)
	return contactsAnswer{contactsOut(page.Entries), page.Total, page.AtLeast, a.next(c, page.Next)}, err
}

func contactsOut(entries []contacts.Entry) []contactAnswer {
	out := []contactAnswer{}
	for _, e := range entries {
		out = append(out, contactOut(e))
	}
	return out
}

func contactOut(e contacts.Entry) contactAnswer {
	out := contactAnswer{
		ID: string(e.ID), Version: e.Version, Name: e.Name, Civility: e.Civility, First: e.First, Last: e.Last, Function: e.Function,
		Phone: e.Phone, Addresses: []string{}, Inactive: e.Inactive, Paper: e.Paper, Rank: e.Rank, Groups: []groupRef{},
	}
	for _, addr := range e.Addresses {
		out.Addresses = append(out.Addresses, string(addr))
	}
	if e.Substitute.ID != "" {
		out.Titular = &groupRef{string(e.Substitute.ID), e.Substitute.Name}
	}
	for _, g := range e.Groups {
		out.Groups = append(out.Groups, groupRef{string(g.ID), g.Name})
	}
	return out
}

func (r contactFields) fields() contacts.Fields {
	f := contacts.Fields{
		Name: r.Name, Civility: r.Civility, First: r.First, Last: r.Last, Function: r.Function, Phone: r.Phone, Addresses: r.Addresses,
		Inactive: r.Inactive, Paper: r.Paper, Rank: r.Rank, SubstituteOf: directory.ContactID(r.SubstituteOf),
	}
	if r.SubstituteOf != "" && !ident.Valid("ctc_", r.SubstituteOf) {
		f.SubstituteOf = "ctc_" // nobody's: refused as an unknown one
	}
	for _, g := range r.Groups {
		f.Groups = append(f.Groups, directory.GroupID(g))
	}
	return f
}

func (a Admin) contact(ctx context.Context, c call, _ none) (contactDetail, error) {
	id, err := pathID[directory.ContactID](c, "contact", "ctc_")
	if err != nil {
		return contactDetail{}, err
	}
	d, err := a.Contacts.Contact(ctx, c.h, id)
	out := contactDetail{contactOut(d.Entry), []groupRef{}}
	for _, s := range d.Substitutes {
		out.Substitutes = append(out.Substitutes, groupRef{string(s.ID), s.Name})
	}
	return out, err
}

func (a Admin) duplicates(ctx context.Context, c call, _ none) (duplicatesAnswer, error) {
	after, err := a.after(c)
	if err != nil {
		return duplicatesAnswer{}, err
	}
	page, err := a.Contacts.Duplicates(ctx, c.h, after)
	out := duplicatesAnswer{Found: []alikeAnswer{}, Next: a.next(c, page.Next)}
	for _, found := range page.Found {
		out.Found = append(out.Found, alikeAnswer{found.Address, contactsOut(found.Entries)})
	}
	return out, err
}

func (a Admin) mergeContacts(ctx context.Context, c call, r mergeRequest) (contactAnswer, error) {
	var seen []contacts.Seen
	for _, one := range append([]seenContact{r.Keep}, r.Others...) {
		if !ident.Valid("ctc_", one.ID) {
			return contactAnswer{}, errs.ErrNotFound
		}
		seen = append(seen, contacts.Seen{ID: directory.ContactID(one.ID), Version: one.Version})
	}
	e, err := a.Contacts.Merge(ctx, c.h, c.session.Login, seen[0], seen[1:], r.Fields.fields())
	return contactOut(e), err
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
	return groupAnswer{string(g.ID), g.Name, g.Members, heads, g.Shared, g.InOffice, g.AtLeast}
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

func (a Admin) shareGroup(ctx context.Context, c call, r shareRequest) (groupAnswer, error) {
	id, err := pathID[directory.GroupID](c, "group", "grp_")
	if err != nil {
		return groupAnswer{}, err
	}
	g, err := a.Contacts.ShareGroup(ctx, c.h, c.session.Login, id, r.Shared)
	return groupOut(g), err
}

func (a Admin) joinGroup(ctx context.Context, c call, r chosenContacts) (joinedAnswer, error) {
	id, err := pathID[directory.GroupID](c, "group", "grp_")
	if err != nil {
		return joinedAnswer{}, err
	}
	ids, err := checkIDs[directory.ContactID](r.Contacts, "ctc_")
	if err != nil {
		return joinedAnswer{}, err
	}
	n, err := a.Contacts.Join(ctx, c.h, c.session.Login, id, ids)
	return joinedAnswer{n}, err
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
