package web

import (
	"context"
	"net/http"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/rights"
)

// The collectivité's settings, users and journal; for the opérateur, the collectivités.

type userView struct {
	Login    string `json:"login"`
	Name     string `json:"name"`
	Mail     string `json:"mail"`
	Role     string `json:"role"`
	Disabled bool   `json:"disabled"`
	Factor   bool   `json:"factor"`
	Since    string `json:"since"`
}

type invitedView struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Mail   string `json:"mail"`
	Role   string `json:"role"`
	SentAt string `json:"sent_at"`
	Until  string `json:"until"`
}

type usersAnswer struct {
	Users       []userView    `json:"users"`
	Invitations []invitedView `json:"invitations"`
}

type guestRequest struct {
	Name string `json:"name"`
	Mail string `json:"mail"`
	Role string `json:"role"`
}

type roleRequest struct {
	Login    string `json:"login"`
	Role     string `json:"role"`
	Disabled bool   `json:"disabled"`
}

type withdrawRequest struct {
	ID string `json:"id"`
}

type settingsBody struct {
	Version    int64  `json:"version"`
	ID         string `json:"id"` // answered only
	Name       string `json:"name"`
	Sender     string `json:"sender"`
	Mail       string `json:"mail"`
	Phone      string `json:"phone"`
	TimeZone   string `json:"time_zone"`
	Kind       string `json:"kind"`
	Population string `json:"population"`
	Retention  int    `json:"retention"`
	CreatedAt  string `json:"created_at"` // answered only
}

type entryView struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Parent    string `json:"parent"`
	Depth     int    `json:"depth"`
	CreatedAt string `json:"created_at"`
	ClosedAt  string `json:"closed_at"`
}

type installationAnswer struct {
	Collectivities []entryView    `json:"collectivities"`
	Operators      []operatorView `json:"operators"`
}

type operatorView struct {
	Login string `json:"login"`
	Name  string `json:"name"`
}

type operatorRequest struct {
	Login    string `json:"login"`
	Operator bool   `json:"operator"`
}

type creationRequest struct {
	SIREN  string `json:"siren"`
	Name   string `json:"name"`
	Parent string `json:"parent"`
}

type administratorRequest struct {
	Name string `json:"name"`
	Mail string `json:"mail"`
}

type idAnswer struct {
	ID string `json:"id"`
}

type closeRequest struct {
	Closed bool `json:"closed"`
}

type eventView struct {
	At      string `json:"at"`
	Who     string `json:"who"`
	What    string `json:"what"`
	Text    string `json:"text"`
	Subject string `json:"subject"`
	Count   int    `json:"count"`
	Role    string `json:"role"`
}

type journalAnswer struct {
	Events []eventView `json:"events"`
	Next   string      `json:"next"`
}

// keeping are the routes of whoever keeps a collectivité, or the installation.
func (a Accounts) keeping() []Route {
	users, settings, install := rights.UsersManage, rights.SettingsManage, rights.InstallationManage
	return []Route{
		{"GET /api/users", users, endpoint(a.Site, a.Account, users, http.StatusOK, a.users)},
		{"POST /api/users/invite", users, endpoint(a.Site, a.Account, users, http.StatusOK, a.inviteUser)},
		{"POST /api/users/withdraw", users, endpoint(a.Site, a.Account, users, http.StatusOK, a.withdraw)},
		{"POST /api/users/role", users, endpoint(a.Site, a.Account, users, http.StatusOK, a.setRole)},
		{"GET /api/settings", settings, endpoint(a.Site, a.Account, settings, http.StatusOK, a.settings)},
		{"PUT /api/settings", settings, endpoint(a.Site, a.Account, settings, http.StatusOK, a.saveSettings)},
		{"GET /api/journal", rights.JournalRead, endpoint(a.Site, a.Account, rights.JournalRead, http.StatusOK, a.journal)},
		{"GET /api/installation", install, endpoint(a.Site, a.Account, install, http.StatusOK, a.installation)},
		{"POST /api/installation", install, endpoint(a.Site, a.Account, install, http.StatusCreated, a.createCollectivity)},
		{"POST /api/installation/operators", install, endpoint(a.Site, a.Account, install, http.StatusOK, a.setOperator)},
		{"POST /api/installation/{collectivity}/invite", install, endpoint(a.Site, a.Account, install, http.StatusOK, a.inviteAdministrator)},
		{"POST /api/installation/{collectivity}/close", install, endpoint(a.Site, a.Account, install, http.StatusOK, a.setClosed)},
	}
}

func (a Accounts) users(ctx context.Context, c call, _ none) (usersAnswer, error) {
	members, invited, err := a.Account.Users(ctx, c.session.Collectivity)
	out := usersAnswer{Users: []userView{}, Invitations: []invitedView{}}
	for _, m := range members {
		out.Users = append(out.Users, userView{m.Login, m.Name, m.Mail, string(m.Role), m.Disabled, m.Factor, instant(m.Since)})
	}
	for _, i := range invited {
		out.Invitations = append(out.Invitations, invitedView{i.ID, i.Name, i.Mail, string(i.Role), instant(i.SentAt), instant(i.Until)})
	}
	return out, err
}

func (a Accounts) inviteUser(ctx context.Context, c call, req guestRequest) (none, error) {
	guest := account.Guest{Name: req.Name, Mail: req.Mail, Role: rights.Role(req.Role)}
	return none{}, a.Account.InviteUser(ctx, c.session, c.session.Collectivity, guest)
}

func (a Accounts) withdraw(ctx context.Context, c call, req withdrawRequest) (none, error) {
	return none{}, a.Account.Withdraw(ctx, c.session, req.ID)
}

func (a Accounts) setRole(ctx context.Context, c call, req roleRequest) (none, error) {
	return none{}, a.Account.SetRole(ctx, c.session, req.Login, rights.Role(req.Role), req.Disabled)
}

func (a Accounts) settings(ctx context.Context, c call, _ none) (settingsBody, error) {
	who, err := c.h.Collectivity(ctx)
	return settingsOf(who), err
}

func settingsOf(c collectivity.Collectivity) settingsBody {
	return settingsBody{
		c.Version, string(c.ID), c.Name, c.Sender, c.Mail, c.Phone, c.TimeZone, string(c.Kind), string(c.Population), c.Retention,
		instant(c.CreatedAt),
	}
}

func (a Accounts) saveSettings(ctx context.Context, c call, req settingsBody) (settingsBody, error) {
	saved, err := a.Account.SaveSettings(ctx, c.session, req.Version, collectivity.Collectivity{
		Name: req.Name, Sender: req.Sender, Mail: req.Mail, Phone: req.Phone, TimeZone: req.TimeZone,
		Kind: collectivity.Kind(req.Kind), Population: collectivity.Population(req.Population), Retention: req.Retention,
	})
	return settingsOf(saved), err
}

func (a Accounts) installation(ctx context.Context, _ call, _ none) (installationAnswer, error) {
	all, err := a.Account.Installation(ctx)
	if err != nil {
		return installationAnswer{}, err
	}
	out := installationAnswer{Collectivities: []entryView{}, Operators: []operatorView{}}
	for _, e := range all {
		parent := ""
		if len(e.Above) > 0 {
			parent = string(e.Above[0])
		}
		out.Collectivities = append(out.Collectivities, entryView{
			string(e.ID), e.Name, parent, len(e.Above), instant(e.CreatedAt), instant(e.ClosedAt),
		})
	}
	operators, err := a.Account.Operators(ctx)
	for _, o := range operators {
		out.Operators = append(out.Operators, operatorView{o.Login, o.Name})
	}
	return out, err
}

func (a Accounts) setOperator(ctx context.Context, c call, req operatorRequest) (none, error) {
	return none{}, a.Account.SetOperator(ctx, c.session, req.Login, req.Operator)
}

func (a Accounts) createCollectivity(ctx context.Context, c call, req creationRequest) (idAnswer, error) {
	below := collectivity.ID("")
	if req.Parent != "" {
		below = collectivity.ID(key(req.Parent))
	}
	id, err := a.Account.CreateCollectivity(ctx, c.session, req.SIREN, req.Name, below)
	return idAnswer{string(id)}, err
}

func (a Accounts) inviteAdministrator(ctx context.Context, c call, req administratorRequest) (none, error) {
	id := collectivity.ID(key(c.PathValue("collectivity")))
	return none{}, a.Account.InviteAdministrator(ctx, c.session, id, req.Name, req.Mail)
}

func (a Accounts) setClosed(ctx context.Context, c call, req closeRequest) (none, error) {
	return none{}, a.Account.SetClosed(ctx, c.session, collectivity.ID(key(c.PathValue("collectivity"))), req.Closed)
}

// journal answers a page of what was done. The query names a chapter, and goes on with a cursor.
func (a Accounts) journal(ctx context.Context, c call, _ none) (journalAnswer, error) {
	chapter := c.URL.Query().Get("chapter")
	kinds, known := chapters[chapter]
	if !known && chapter != "" {
		return journalAnswer{}, errs.ErrNotFound
	}
	before, err := a.after(c)
	if err != nil {
		return journalAnswer{}, err
	}
	events, next, err := a.Account.Journal(ctx, c.session.Collectivity, before, kinds...)
	out := journalAnswer{Events: []eventView{}, Next: a.next(c, next)}
	for _, e := range events {
		out.Events = append(out.Events, eventView{
			instant(e.At), e.Who, string(e.What), frenchEvent(e.What), e.Subject, e.Count, e.Role,
		})
	}
	return out, err
}

// chapters of the journal are what its page lets one look at alone.
var chapters = map[string][]journal.What{
	"connexions": {journal.UserSignedIn, journal.PasswordChanged, journal.PasswordReset, journal.MailChanged, journal.FactorAdded, journal.FactorRemoved},
	"droits": {
		journal.UserInvited, journal.InvitationGone, journal.UserJoined, journal.RoleGiven, journal.RoleTaken, journal.UserDisabled,
		journal.UserEnabled,
	},
	"convocations": {
		journal.ConvocationCreated, journal.ConvocationSaved, journal.ConvocationDeleted, journal.SendAsked, journal.SendRefused,
		journal.SendRecalled, journal.SendPaused, journal.SendResumed, journal.SendCancelled, journal.ResendAsked, journal.RemindAsked,
		journal.ReviewDecided, journal.AddressUnblocked, journal.LinksClosed, journal.LinksRevoked, journal.LinkAsked, journal.OpeningIgnored,
		journal.AddressCorrected, journal.ReplyRecorded,
	},
	"contacts": {journal.ContactSaved, journal.ContactDeleted, journal.ContactsMerged, journal.GroupSaved, journal.GroupDeleted, journal.ContactsImported, journal.ImportUndone},
	"reglages": {
		journal.SettingsSaved, journal.AssemblySaved, journal.AssemblyDeleted, journal.CollectivityMade, journal.CollectivityClosed,
		journal.CollectivityOpened,
	},
}

// eventWords are what a person reads of each kind of event.
var eventWords = map[journal.What]string{
	journal.ConvocationCreated: "Convocation commencée",
	journal.ConvocationSaved:   "Brouillon enregistré",
	journal.ConvocationDeleted: "Brouillon supprimé",
	journal.SendAsked:          "Convocation envoyée",
	journal.SendRefused:        "Envoi refusé",
	journal.SendRecalled:       "Envoi programmé annulé",
	journal.SendPaused:         "Envoi suspendu",
	journal.SendResumed:        "Envoi repris",
	journal.SendCancelled:      "Envoi arrêté",
	journal.ResendAsked:        "Convocation envoyée à nouveau",
	journal.RemindAsked:        "Relance envoyée",
	journal.ReviewDecided:      "Courriel à vérifier confirmé par le secrétariat",
	journal.AddressUnblocked:   "Adresse d'un destinataire débloquée",
	journal.LinksClosed:        "Liens non ouverts fermés",
	journal.LinksRevoked:       "Liens retirés",
	journal.LinkAsked:          "Nouveau lien demandé par un destinataire",
	journal.OpeningIgnored:     "Ouverture automatique ignorée",
	journal.AddressCorrected:   "Adresse d'un destinataire corrigée",
	journal.ReplyRecorded:      "Réponse enregistrée par le secrétariat",
	journal.AssemblySaved:      "Assemblée enregistrée",
	journal.AssemblyDeleted:    "Assemblée supprimée",
	journal.ContactSaved:       "Contact enregistré",
	journal.ContactDeleted:     "Contact supprimé",
	journal.ContactsMerged:     "Contacts fusionnés",
	journal.GroupSaved:         "Groupe enregistré",
	journal.GroupDeleted:       "Groupe supprimé",
	journal.ContactsImported:   "Contacts importés",
	journal.ImportUndone:       "Import annulé",
	journal.UserSignedIn:       "Connexion",
	journal.UserInvited:        "Invitation envoyée",
	journal.InvitationGone:     "Invitation annulée",
	journal.UserJoined:         "Invitation acceptée",
	journal.RoleGiven:          "Rôle donné",
	journal.RoleTaken:          "Accès retiré",
	journal.UserDisabled:       "Accès désactivé",
	journal.UserEnabled:        "Accès réactivé",
	journal.PasswordChanged:    "Mot de passe changé",
	journal.PasswordReset:      "Mot de passe réinitialisé",
	journal.MailChanged:        "Adresse de courriel d'un utilisateur changée",
	journal.FactorAdded:        "Double authentification activée",
	journal.FactorRemoved:      "Double authentification retirée",
	journal.SettingsSaved:      "Réglages modifiés",
	journal.CollectivityMade:   "Collectivité créée",
	journal.CollectivityClosed: "Collectivité fermée",
	journal.CollectivityOpened: "Collectivité rouverte",
}

func frenchEvent(what journal.What) string {
	if text, known := eventWords[what]; known {
		return text
	}
	return string(what)
}
