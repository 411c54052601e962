package contacts

// SetWalked lets a small directory be as a large one is.
func (s *Service) SetWalked(n int) { s.walked = n }
