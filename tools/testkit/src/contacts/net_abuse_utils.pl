# Calls functions of Net::Abuse::Utils, one a line of input: its name and its arguments. Writes the values of each as a line of JSON.
# WHOIS says where servers of WHOIS are: `name=address:port name=address:port`.
use strict;
use warnings;

# Net::Whois::IP waits a second after each query; on loopback nobody minds.
BEGIN { *CORE::GLOBAL::sleep = sub { 0 } }

use IO::Socket::INET;
use JSON::PP;
use Net::Abuse::Utils ':all';

my %places = map { split /=/, $_, 2 } split ' ', $ENV{WHOIS};
my $connect = \&IO::Socket::INET::new;
{
    no warnings 'redefine';
    *IO::Socket::INET::new = sub {
        my ($class, %options) = @_;
        if (($options{PeerPort} // '') eq '43') {
            my $place = $places{ $options{PeerAddr} } // '127.0.0.1:1';
            @options{qw(PeerAddr PeerPort)} = split /:/, $place;
        }
        return $connect->($class, %options);
    };
}

# Each value by its fields where it is made of some, in the order of their names.
sub flat {
    my ($value) = @_;
    return $value unless ref $value;
    return join ' ', map { flat($_) } @$value if ref $value eq 'ARRAY';
    return join ' ', map { "$_=$value->{$_}" } sort keys %$value;
}

my $json = JSON::PP->new->latin1;
$SIG{ALRM} = sub { die "no end within 20 s\n" };
while (my $line = <STDIN>) {
    my ($name, @arguments) = split ' ', $line;
    my $function = Net::Abuse::Utils->can($name) or die "no function $name\n";
    my @values = eval { alarm 20; my @found = $function->(@arguments); alarm 0; @found };
    alarm 0;
    print STDERR "$line$@" if $@;
    print $json->encode([ map { "" . flat($_) } grep { defined } @values ]), "\n";
}
