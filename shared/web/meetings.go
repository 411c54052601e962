package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/dispatch"
	"convoc/shared/errs"
	"convoc/shared/french"
	"convoc/shared/law"
	"convoc/shared/rights"
)

// assemblyBody is an assembly, as it comes and goes.
type assemblyBody struct {
	ID               string `json:"id,omitempty"`
	Version          int64  `json:"version,omitempty"`
	Name             string `json:"name"`
	Body             string `json:"body"`
	Members          int    `json:"members"`
	Group            string `json:"group"`
	ClearDays        int    `json:"clear_days"`
	ProxiesPerHolder int    `json:"proxies_per_holder"`
	Place            string `json:"place"`
	Signatory        string `json:"signatory"`
}

// bodyAnswer is a kind of assembly with what the law says of it today.
type bodyAnswer struct {
	Body        string `json:"body"`
	Label       string `json:"label"` // in French
	ClearDays   int    `json:"clear_days"`
	Article     string `json:"article"`
	Remote      bool   `json:"remote"`
	Substitutes bool   `json:"substitutes"`
}

type assembliesAnswer struct {
	Assemblies []assemblyBody `json:"assemblies"`
	Bodies     []bodyAnswer   `json:"bodies"`
}

// bodyLabels are what a secretary calls the kinds of assemblies.
var bodyLabels = map[law.Body]string{
	law.CommuneSmall:         "Conseil municipal, commune de moins de 3 500 habitants",
	law.CommuneLarge:         "Conseil municipal, commune de 3 500 habitants et plus",
	law.CommuneAlsaceMoselle: "Conseil municipal, Alsace-Moselle, moins de 3 500 habitants",
	law.EPCISmall:            "EPCI ou syndicat de communes, toutes de moins de 3 500 habitants",
	law.EPCILarge:            "EPCI ou syndicat avec une commune de 3 500 habitants et plus",
	law.Departement:          "Conseil départemental",
	law.Region:               "Conseil régional",
	law.CCAS:                 "Conseil d'administration du CCAS",
	law.Own:                  "Autre (bureau, commission, syndicat mixte ouvert) : règles propres",
}

func meetingRoutes(a Admin) []Route {
	read, change := rights.ConvocationRead, rights.ConvocationWrite
	return []Route{
		{"GET /api/assemblies", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.assemblies)},
		{"POST /api/assemblies", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.createAssembly)},
		{"PUT /api/assemblies/{assembly}", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.changeAssembly)},
		{"DELETE /api/assemblies/{assembly}", change, endpoint(a.Site, a.Account, change, http.StatusNoContent, a.deleteAssembly)},
	}
}

func (a Admin) assemblies(ctx context.Context, c call, _ none) (assembliesAnswer, error) {
	list, err := a.Compose.Assemblies(ctx, c.h)
	out := assembliesAnswer{Assemblies: []assemblyBody{}, Bodies: []bodyAnswer{}}
	for _, as := range list {
		out.Assemblies = append(out.Assemblies, assemblyOut(as))
	}
	for _, b := range law.Bodies() {
		r := law.RuleFor(b, law.Ordinary, time.Time{})
		out.Bodies = append(out.Bodies, bodyAnswer{
			string(b), french.Typo(bodyLabels[b]), r.ClearDays, r.Article, r.Remote, r.Substitutes,
		})
	}
	return out, err
}

func assemblyOut(a convocation.Assembly) assemblyBody {
	return assemblyBody{
		string(a.ID), a.Version, a.Name, string(a.Body), a.Members, string(a.Group), a.ClearDays, a.ProxiesPerHolder, a.Place,
		a.Signatory,
	}
}

func assemblyIn(b assemblyBody) convocation.Assembly {
	return convocation.Assembly{
		Name: b.Name, Body: law.Body(b.Body), Members: b.Members, Group: directory.GroupID(b.Group), ClearDays: b.ClearDays,
		ProxiesPerHolder: b.ProxiesPerHolder, Place: b.Place, Signatory: b.Signatory,
	}
}

func (a Admin) createAssembly(ctx context.Context, c call, b assemblyBody) (assemblyBody, error) {
	as, err := a.Compose.SaveAssembly(ctx, c.h, c.session.Login, assemblyIn(b))
	return assemblyOut(as), err
}

func (a Admin) changeAssembly(ctx context.Context, c call, b assemblyBody) (assemblyBody, error) {
	as := assemblyIn(b)
	var err error
	if as.ID, err = pathID[convocation.AssemblyID](c, "assembly", convocation.AssemblyPrefix); err != nil {
		return assemblyBody{}, err
	}
	if as.Version = b.Version; as.Version < 1 {
		return assemblyBody{}, errs.ErrChangedMeanwhile
	}
	as, err = a.Compose.SaveAssembly(ctx, c.h, c.session.Login, as)
	return assemblyOut(as), err
}

func (a Admin) deleteAssembly(ctx context.Context, c call, _ none) (none, error) {
	id, err := pathID[convocation.AssemblyID](c, "assembly", convocation.AssemblyPrefix)
	if err != nil {
		return none{}, err
	}
	return none{}, a.Compose.DeleteAssembly(ctx, c.h, c.session.Login, id)
}

// meetingBody is the meeting of a draft. Its times are those of the collectivité's clock, as a field of a form holds them:
// « 2026-12-10T18:30 »; empty while it is not known.
type meetingBody struct {
	Assembly     string   `json:"assembly"`
	AssemblyName string   `json:"assembly_name,omitempty"` // ignored when it comes in
	Occasion     string   `json:"occasion"`
	At           string   `json:"at"`
	Place        string   `json:"place"`
	Agenda       []string `json:"agenda"`
	Signatory    string   `json:"signatory"`
	Remote       bool     `json:"remote"`
	Substitutes  bool     `json:"substitutes"`
	Urgent       string   `json:"urgent"`
}

const localTime = "2006-01-02T15:04"

// localIn reads a time of the collectivité's clock. An hour that the clock never shows, in spring, is refused.
// Errors: convocation.ErrDateInvalid.
func localIn(field, s string, loc *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(localTime, s, loc)
	if err != nil || t.Format(localTime) != s || t.Year() < 2000 || t.Year() > 2200 {
		return time.Time{}, convocation.ErrDateInvalid.At(field, s)
	}
	return t.UTC(), nil
}

func localOut(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(loc).Format(localTime)
}

func meetingIn(b *meetingBody, loc *time.Location) (*convocation.Meeting, error) {
	if b == nil {
		return nil, nil
	}
	at, err := localIn("at", b.At, loc)
	return &convocation.Meeting{
		Assembly: convocation.Assembly{ID: convocation.AssemblyID(b.Assembly)}, Occasion: law.Occasion(b.Occasion), At: at,
		Place: b.Place, Agenda: b.Agenda, Signatory: b.Signatory, Remote: b.Remote, Substitutes: b.Substitutes, Urgent: b.Urgent,
	}, err
}

func meetingOut(m *convocation.Meeting, loc *time.Location) *meetingBody {
	if m == nil {
		return nil
	}
	return &meetingBody{
		string(m.Assembly.ID), m.Assembly.Name, string(m.Occasion), localOut(m.At, loc), m.Place, append([]string{}, m.Agenda...),
		m.Signatory, m.Remote, m.Substitutes, m.Urgent,
	}
}

// delayAnswer is what the law says of sending now.
type delayAnswer struct {
	Level           string `json:"level"` // green, amber, red
	Last            string `json:"last"`  // the last legal sending
	ClearDays       int    `json:"clear_days"`
	Days            int    `json:"days"` // clear days that there are if it leaves now
	WorkingDays     int    `json:"working_days"`
	Article         string `json:"article"`
	UrgencyPossible bool   `json:"urgency_possible"`
	Text            string `json:"text"` // in French
}

// delayOf judges a sending now; nil while there is no date to judge by.
func delayOf(m *convocation.Meeting, now time.Time, loc *time.Location) *delayAnswer {
	if m == nil || m.At.IsZero() {
		return nil
	}
	r, v := m.Rule(), m.Judge(now, loc)
	return &delayAnswer{
		string(v.Level), instant(v.Last), r.ClearDays, v.Days, v.WorkingDays, r.Article, v.UrgencyPossible,
		french.Typo(delayText(r, v, *m, loc)),
	}
}

// delayText is the one sentence about the delay, with the article.
func delayText(r law.Rule, v law.Verdict, m convocation.Meeting, loc *time.Location) string {
	days := french.Count(r.ClearDays, "jour franc", "jours francs")
	if r.Article != "" {
		days += ", art. " + r.Article
	} else {
		days += ", vos propres règles"
	}
	last := french.Long(v.Last, loc)
	switch {
	case r.ClearDays == 0 && v.Level == law.Red:
		return "La date de la séance est passée. Choisissez-en une autre."
	case r.ClearDays == 0:
		return "Aucun texte ne fixe de délai pour cette assemblée. Si ses statuts en prévoient un, indiquez-le dans l'assemblée."
	case v.Level == law.Red && v.UrgencyPossible:
		return "Trop tard pour le délai ordinaire (" + days + ") : il fallait envoyer au plus tard le " + last +
			". En cas d'urgence, indiquez-en le motif : l'assemblée se prononcera à l'ouverture de la séance."
	case v.Level == law.Red:
		return "Trop tard : il fallait envoyer au plus tard le " + last + " (" + days + "). Choisissez une autre date de séance."
	case m.IsUrgent():
		return "Envoi en urgence : dernier envoi possible le " + last + ". L'assemblée se prononcera sur l'urgence à l'ouverture de la séance (art. " + r.Article + ")."
	case v.Level == law.Amber:
		return "Le délai est respecté si vous envoyez au plus tard le " + last + " (" + days + "), mais il ne compte que " +
			french.Count(v.WorkingDays, "jour ouvré", "jours ouvrés") + "."
	default:
		return "Dernier envoi possible : le " + last + " (" + days + ")."
	}
}

// warning is something that does not keep from sending.
type warning struct {
	Code string `json:"code"`
	Text string `json:"text"` // in French
}

// manyNames are named in a warning; more are counted.
const manyNames = 5

// warnings says who would be left out: members of the assembly who are not convened, and whom no mail reaches.
func (a Admin) warnings(ctx context.Context, c call, d compose.Draft, audience dispatch.Audience) ([]warning, error) {
	out := []warning{}
	if len(audience.NoMail) > 0 {
		out = append(out, warning{"no_mail", french.Typo("À convoquer par courrier : " + names(audience.NoMail) + ".")})
	}
	m := d.Meeting
	if m == nil || m.Assembly.Group == "" {
		return out, nil
	}
	members, err := c.h.MemberContacts(ctx, m.Assembly.Group)
	if err != nil {
		return out, err
	}
	var missing []string
	members = slices.DeleteFunc(members, func(c directory.Contact) bool { return c.Inactive })
	for _, member := range members {
		if !slices.ContainsFunc(audience.Persons, func(p dispatch.Person) bool { return p.Contact == member.ID && p.Type == convocation.To }) {
			missing = append(missing, member.Display())
		}
	}
	members = slices.DeleteFunc(members, func(c directory.Contact) bool { return c.SubstituteOf != "" }) // who sits
	if len(missing) > 0 {
		out = append(out, warning{"not_convened", french.Typo("Membres de l'assemblée qui ne sont pas destinataires : " + names(missing) + ".")})
	}
	if len(members) > m.Assembly.Members {
		out = append(out, warning{"members", french.Typo("Le groupe de l'assemblée compte " + french.Count(len(members), "personne", "personnes") +
			", pour " + french.Count(m.Assembly.Members, "membre en exercice", "membres en exercice") + ".")})
	}
	return out, nil
}

func names(list []string) string {
	if len(list) <= manyNames {
		return french.List(list)
	}
	return french.List(append(slices.Clone(list[:manyNames]), french.Count(len(list)-manyNames, "autre", "autres")))
}
