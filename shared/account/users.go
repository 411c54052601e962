package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
)

// How long an invitation is good, and how much there may be.
const (
	invitationLasts = 7 * 24 * time.Hour
	maxName         = 200 // characters
	maxUsers        = 200 // of a collectivité, those who are invited included
	maxMemberships  = 40  // of a user: one transaction changes them all
)

// invitations of a collectivité, sent again or not: nobody uses us to fill somebody's mailbox.
var ofInvitations = limit{250, 5 * time.Minute}

// The refusals of an administrator's acts.
var (
	ErrRoleUnknown  = errs.Define(errs.Invalid, "role_unknown", "no such role")
	ErrNameLong     = errs.Define(errs.Invalid, "user_name_too_long", "the name has over 200 characters")
	ErrOwnRole      = errs.Define(errs.Conflict, "own_role", "nobody changes her own role: one administrator would be missing")
	ErrTooManyUsers = errs.Define(errs.Conflict, "too_many_users", "there are 200 users and invitations")
	ErrLoginTaken   = errs.Define(errs.Conflict, "login_taken", "somebody else has the login")
	ErrManyPlaces   = errs.Define(errs.Conflict, "too_many_collectivities", "the user has 40 roles already")
)

// Member is a user as the administrators of a collectivité see her.
type Member struct {
	Login, Name, Mail string
	Role              rights.Role
	Disabled          bool
	Factor            bool
	Since             time.Time
}

// Invited is an invitation that waits.
type Invited struct {
	ID, Name, Mail string
	Role           rights.Role
	SentAt, Until  time.Time
}

// Users lists those who have a role in a collectivité itself, by login, and the invitations to it that wait, the newest
// first.
func (s *Service) Users(ctx context.Context, id collectivity.ID) ([]Member, []Invited, error) {
	accounts := s.Tables.AccountsHandle()
	logins, err := accounts.Users(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	var members []Member
	for _, login := range logins {
		u, err := accounts.User(ctx, login)
		if err != nil {
			return nil, nil, err
		}
		if m, is := u.Membership(id); is {
			members = append(members, Member{u.Login, u.Name, u.Mail, m.Role, m.Disabled, u.Factor.On(), u.CreatedAt})
		}
	}
	tickets, err := accounts.Invitations(ctx, id)
	var invited []Invited
	for digest, t := range tickets {
		invited = append(invited, Invited{digest, t.Name, t.Mail, t.Role, t.CreatedAt, t.Until})
	}
	slices.SortFunc(invited, func(a, b Invited) int {
		if n := b.SentAt.Compare(a.SentAt); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return members, invited, err
}

// Guest is whom an administrator invites.
type Guest struct {
	Name, Mail string
	Role       rights.Role
}

func (g Guest) check() (Guest, error) {
	g.Name = directory.CleanName(g.Name)
	switch {
	case g.Name == "":
		return g, ErrNameEmpty.At("name", "")
	case len([]rune(g.Name)) > maxName:
		return g, ErrNameLong.At("name", "")
	case !slices.Contains(rights.Roles(), g.Role):
		return g, ErrRoleUnknown.At("role", "")
	}
	address, _, err := directory.CleanAddress(g.Mail)
	if err != nil {
		return g, ErrMailInvalid.At("mail", "")
	}
	g.Mail = string(address)
	return g, nil
}

// InviteUser invites somebody to a role in a collectivité, by mail; whoever was invited under the same address, and has
// not come, is invited anew, and the link before is void. Errors: ErrNameEmpty, ErrNameLong, ErrRoleUnknown,
// ErrMailInvalid, ErrTooManyUsers, ErrTooManyTries as a [Waiting]; ErrUnsent, and the invitation waits all the same.
func (s *Service) InviteUser(ctx context.Context, by Session, id collectivity.ID, g Guest) error {
	g, err := g.check()
	if err != nil {
		return err
	}
	accounts := s.Tables.AccountsHandle()
	logins, err := accounts.Users(ctx, id)
	if err != nil {
		return err
	}
	waiting, err := accounts.Invitations(ctx, id)
	if err != nil {
		return err
	}
	var parts []store.Part
	for digest, t := range waiting {
		if t.Mail == g.Mail {
			parts = append(parts, store.TicketGone(digest, t))
		}
	}
	if len(logins)+len(waiting)-len(parts) >= maxUsers {
		return ErrTooManyUsers
	}
	if _, err := s.change(ctx, counter{"INVITATIONS " + digest(string(id)), ofInvitations}, limit.count); err != nil {
		return err
	}
	token, err := s.ticket()
	if err != nil {
		return err
	}
	now := s.Now()
	t := store.Ticket{
		What: store.TicketInvitation, Collectivity: id, Role: g.Role, Name: g.Name, Mail: g.Mail, By: by.Login,
		CreatedAt: now, Until: now.Add(invitationLasts),
	}
	told := s.event(by.Login, journal.UserInvited, g.Name)
	told.Role = string(g.Role)
	err = accounts.Commit(ctx, append(parts, store.TicketMade(digest(token), t), store.Told(id, told))...)
	if errors.Is(err, table.ErrCondition) {
		return errs.ErrChangedMeanwhile
	}
	if err != nil {
		return err
	}
	from, err := s.sender(ctx, id)
	if err != nil {
		return err
	}
	return s.bring(ctx, Letter{
		Kind: LetterInvitation, Name: t.Name, To: t.Mail, Collectivity: from, Token: token, Until: t.Until, At: now, Role: t.Role, By: by.Name,
	})
}

// Withdraw takes an invitation back; one that is gone is no error. Errors: errs.ErrChangedMeanwhile when it was just used.
func (s *Service) Withdraw(ctx context.Context, by Session, invitation string) error {
	accounts := s.Tables.AccountsHandle()
	waiting, err := accounts.Invitations(ctx, by.Collectivity)
	if err != nil {
		return err
	}
	t, waits := waiting[invitation]
	if !waits {
		return nil
	}
	err = accounts.Commit(ctx, store.TicketGone(invitation, t),
		store.Told(by.Collectivity, s.event(by.Login, journal.InvitationGone, t.Name)))
	if errors.Is(err, table.ErrCondition) {
		return errs.ErrChangedMeanwhile
	}
	return err
}

// SetRole gives a user of the collectivité another role there, or disables her there, or enables her again; without a role
// she has none there any more. What she may is another from this moment on. Errors: errs.ErrNotFound, ErrRoleUnknown,
// ErrOwnRole, errs.ErrChangedMeanwhile.
func (s *Service) SetRole(ctx context.Context, by Session, login string, role rights.Role, disabled bool) error {
	if role != "" && !slices.Contains(rights.Roles(), role) {
		return ErrRoleUnknown.At("role", "")
	}
	u, err := s.Tables.AccountsHandle().User(ctx, FoldLogin(login))
	if err != nil && !errors.Is(err, table.ErrNotFound) { // somebody unknown is answered as another's user is
		return err
	}
	before, is := u.Membership(by.Collectivity)
	after := store.Membership{Collectivity: by.Collectivity, Role: role, Disabled: disabled && role != ""}
	switch {
	case !is && role == "": // the same again
		return nil
	case !is:
		return errs.ErrNotFound
	case before == after:
		return nil
	case u.Login == by.Login:
		return ErrOwnRole
	}
	changed := u
	changed.Memberships = u.With(after)
	return s.replace(ctx, u, changed, s.toldOf(by, u.Login, before, after)...)
}

// toldOf tells what has become of a membership.
func (s *Service) toldOf(by Session, login string, before, after store.Membership) []store.Part {
	tell := func(what journal.What, role rights.Role) store.Part {
		e := s.event(by.Login, what, login)
		e.Role = string(role)
		return store.Told(before.Collectivity, e)
	}
	var parts []store.Part
	switch {
	case after.Role == "":
		return []store.Part{tell(journal.RoleTaken, before.Role)}
	case after.Role != before.Role:
		parts = append(parts, tell(journal.RoleGiven, after.Role))
	}
	if after.Disabled != before.Disabled {
		parts = append(parts, tell(map[bool]journal.What{true: journal.UserDisabled, false: journal.UserEnabled}[after.Disabled], after.Role))
	}
	return parts
}

// Welcome is what a page says to whoever comes with an invitation.
type Welcome struct {
	Collectivity string // its name
	Name, Mail   string
	Role         rights.Role
}

// Welcomed tells what an invitation is to. Errors: ErrInvitationUnknown.
func (s *Service) Welcomed(ctx context.Context, token string) (Welcome, error) {
	t, err := s.invitation(ctx, token)
	if err == nil && t.UsedBy != "" {
		err = ErrInvitationUnknown
	}
	if err != nil {
		return Welcome{}, err
	}
	c, err := s.sender(ctx, t.Collectivity)
	return Welcome{c.Name, t.Name, t.Mail, t.Role}, err
}

func (s *Service) invitation(ctx context.Context, token string) (store.Ticket, error) {
	t, err := s.Tables.AccountsHandle().Ticket(ctx, digest(token))
	if errors.Is(err, table.ErrNotFound) || err == nil && (t.What != store.TicketInvitation || !s.Now().Before(t.Until)) {
		return t, ErrInvitationUnknown
	}
	return t, err
}

// Join accepts an invitation: it makes a user, with a login and a password of her own, and begins a session. The same
// given again, after a lost answer, is accepted again. Errors: ErrInvitationUnknown, ErrNameEmpty, ErrNameLong,
// ErrLoginInvalid, ErrLoginTaken, those of a new password; ErrTooManyTries for one given again with wrong passwords.
func (s *Service) Join(ctx context.Context, token, name, login, password string, from From) (string, Session, error) {
	t, err := s.invitation(ctx, token)
	if err != nil {
		return "", Session{}, err
	}
	u := store.User{Login: FoldLogin(login), Name: directory.CleanName(name), Mail: t.Mail, CreatedAt: s.Now()}
	if t.UsedBy != "" {
		return s.joinedBefore(ctx, t, u.Login, password, from)
	}
	if _, err := (Guest{Name: u.Name, Mail: t.Mail, Role: t.Role}).check(); err != nil {
		return "", Session{}, err
	}
	if err := checkLogin(u.Login); err != nil {
		return "", Session{}, err
	}
	if err := checkPassword(password, false, u.Login, u.Name, u.Mail); err != nil {
		return "", Session{}, err
	}
	if u.Hash, err = s.hash(ctx, password); err != nil {
		return "", Session{}, err
	}
	u.Memberships = []store.Membership{{Collectivity: t.Collectivity, Role: t.Role}}
	err = s.Tables.AccountsHandle().Commit(ctx, store.UserCreated(u), store.TicketUsed(digest(token), t, u.Login), s.toldJoined(u, t))
	if errors.Is(err, table.ErrCondition) {
		return s.joinFailed(ctx, token, u.Login, password, from)
	}
	if err != nil {
		return "", Session{}, err
	}
	u.Revision = 1
	return s.begin(ctx, u)
}

func (s *Service) toldJoined(u store.User, t store.Ticket) store.Part {
	e := s.event(u.Login, journal.UserJoined, u.Login)
	e.Role = string(t.Role)
	return store.Told(t.Collectivity, e)
}

// joinFailed says what stood in the way: the login, or somebody who was faster.
func (s *Service) joinFailed(ctx context.Context, token, login, password string, from From) (string, Session, error) {
	t, err := s.invitation(ctx, token)
	switch {
	case err != nil:
		return "", Session{}, err
	case t.UsedBy == "":
		return "", Session{}, ErrLoginTaken.At("login", "")
	default:
		return s.joinedBefore(ctx, t, login, password, from)
	}
}

// joinedBefore answers somebody who comes again with an invitation that was used: only with the same login and password.
func (s *Service) joinedBefore(ctx context.Context, t store.Ticket, login, password string, from From) (string, Session, error) {
	if login != t.UsedBy {
		return "", Session{}, ErrInvitationUnknown
	}
	token, session, err := s.SignIn(ctx, login, password, from)
	if errors.Is(err, ErrWrongCredentials) {
		err = ErrInvitationUnknown
	}
	return token, session, err
}

// JoinAs accepts an invitation for a user who is there already, and begins a session for the collectivité. A role that she
// has there is kept when it is greater. Errors: ErrInvitationUnknown, ErrManyPlaces, those of SignInWithCode.
func (s *Service) JoinAs(ctx context.Context, token, login, password, code string, from From) (string, Session, error) {
	t, err := s.invitation(ctx, token)
	if err != nil {
		return "", Session{}, err
	}
	if t.UsedBy != "" {
		if FoldLogin(login) != t.UsedBy {
			return "", Session{}, ErrInvitationUnknown
		}
		return s.SignInWithCode(ctx, login, password, code, from)
	}
	before, after, err := s.prove(ctx, login, password, code, from)
	if err != nil {
		return "", Session{}, err
	}
	m, _ := before.Membership(t.Collectivity)
	after.Memberships = before.With(store.Membership{Collectivity: t.Collectivity, Role: rights.Greater(t.Role, m.Role)})
	if len(after.Memberships) > maxMemberships {
		return "", Session{}, ErrManyPlaces
	}
	if after.Mail == "" {
		after.Mail = t.Mail
	}
	if err := s.replace(ctx, before, after, store.TicketUsed(digest(token), t, after.Login), s.toldJoined(after, t)); err != nil {
		return "", Session{}, err
	}
	after.Revision = before.Revision + 1
	begun, _, err := s.begin(ctx, after)
	if err != nil {
		return "", Session{}, err
	}
	session, err := s.Choose(ctx, begun, t.Collectivity)
	return begun, session, err
}
