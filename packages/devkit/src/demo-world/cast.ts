/** Who and what is in the demo world: a property-valuation house in India, its referral channels and its customers. */

export interface StudioAccount {
  readonly mode: 'CREDIT' | 'POSTPAID';
  /** Credits granted at the start. */
  readonly credits?: number;
  readonly suspended?: boolean;
}

export interface Party {
  readonly kind: 'partner' | 'client';
  readonly name: string;
  readonly email: string;
  /** Absent: nobody enrolled it at Studio. */
  readonly studio?: StudioAccount;
}

export const PARTIES: readonly Party[] = [
  // Exactly 100 credits, and nothing that uses them: for trying things out.
  partner('Anchor Valuers LLP', 'accounts@anchorvaluers.example', { mode: 'CREDIT', credits: 100 }),
  partner('Sahyadri Property Advisors', 'billing@sahyadri.example', { mode: 'CREDIT', credits: 500 }),
  partner('Kaveri Referral Network', 'desk@kaverireferral.example', { mode: 'CREDIT', credits: 25 }),
  // Its three credits are all held: the soft gate is shut for the next piece of work.
  partner('Deccan Loan Connect', 'ops@deccanloan.example', { mode: 'CREDIT', credits: 3 }),
  partner('Malabar Home Loan Desk', 'hello@malabarloans.example', { mode: 'POSTPAID' }),
  partner('Narmada Surveyors', 'office@narmadasurveyors.example', { mode: 'CREDIT', credits: 40, suspended: true }),
  partner('Aravalli Realty Partners', 'finance@aravallirealty.example'),
  partner('Gomti DSA Services', 'contact@gomtidsa.example'),
  client('Shivneri Co-operative Bank', 'valuations@shivneribank.example', { mode: 'POSTPAID' }),
  client('Konark Housing Finance', 'payables@konarkhfc.example', { mode: 'CREDIT', credits: 250 }),
  client('Vindhya Infrastructure Ltd', 'accounts@vindhyainfra.example', { mode: 'POSTPAID' }),
  client('Lotus Heights CHS Ltd', 'secretary@lotusheights.example'),
  client('Meenakshi Textiles Pvt Ltd', 'admin@meenakshitextiles.example'),
  client('Himgiri Hotels and Resorts', 'projects@himgirihotels.example'),
];

export interface Assignment {
  readonly code: string;
  readonly title: string;
  readonly client: string;
  readonly partner?: string;
}

export const ASSIGNMENTS: readonly Assignment[] = [
  assignment('VAL-1001', 'Market valuation, 2 BHK, Kothrud, Pune', 'Shivneri Co-operative Bank'),
  assignment('VAL-1002', 'Plant and land, MIDC Chakan', 'Meenakshi Textiles Pvt Ltd', 'Sahyadri Property Advisors'),
  assignment('VAL-1003', 'Home loan valuation, Indiranagar', 'Konark Housing Finance', 'Kaveri Referral Network'),
  assignment('VAL-1004', 'Redevelopment feasibility, Lotus Heights', 'Lotus Heights CHS Ltd'),
  assignment('VAL-1005', 'Hotel land bank, Manali', 'Himgiri Hotels and Resorts', 'Aravalli Realty Partners'),
  assignment('VAL-1006', 'Row houses, Gachibowli', 'Konark Housing Finance', 'Deccan Loan Connect'),
  assignment('VAL-1007', 'Highway land parcels, NH-44', 'Vindhya Infrastructure Ltd'),
];

/** Made last of all: where it exists the world is complete, and whatever people changed since is left alone. */
export const LAST_ASSIGNMENT = assignment('VAL-1008', 'Villa plot, Fort Kochi', 'Shivneri Co-operative Bank');

export interface Invoice {
  /** Names the invoice for ever, in its memo and in the keys of its payments. */
  readonly reference: string;
  readonly payer: string;
  readonly description: string;
  readonly unitPrice: string;
  /** Steps in order. A payment is `pay:<amount>:<mode>:<reference>`. */
  readonly steps: readonly string[];
  /** Issued so many days ago, with 15 days to pay. */
  readonly issuedDaysAgo?: number;
}

const LATE = { issuedDaysAgo: 45 };

export const INVOICES: readonly Invoice[] = [
  invoice('VR-2101', 'Shivneri Co-operative Bank', 'Valuation report, Kothrud', '12500.00', [
    'issue',
    'send',
    'pay:14750.00:BANK_TRANSFER:NEFT-883120',
  ]),
  invoice('VR-2102', 'Shivneri Co-operative Bank', 'Panel retainer, quarter', '60000.00', ['issue', 'send']),
  invoice('VR-2103', 'Vindhya Infrastructure Ltd', 'Land parcels, first survey', '185000.00', [
    'issue',
    'send',
    'pay:100000.00:CHEQUE:CHQ-004417',
  ]),
  invoice('VR-2104', 'Vindhya Infrastructure Ltd', 'Land parcels, second survey', '92000.00', ['issue', 'send'], LATE),
  invoice('VR-2105', 'Lotus Heights CHS Ltd', 'Feasibility report', '48000.00', ['issue'], LATE),
  invoice('VR-2106', 'Himgiri Hotels and Resorts', 'Land bank valuation', '76500.00', ['issue', 'send']),
  invoice('VR-2107', 'Himgiri Hotels and Resorts', 'Site visit, cancelled', '9000.00', [
    'issue',
    'void:Visit called off',
  ]),
  invoice('VR-2108', 'Meenakshi Textiles Pvt Ltd', 'Plant and machinery', '134000.00', []),
  invoice('VR-2109', 'Malabar Home Loan Desk', 'Referral valuations, October', '22400.00', [
    'issue',
    'send',
    'pay:10000.00:UPI:UPI-55120098',
    'pay:16432.00:UPI:UPI-55120713',
  ]),
  invoice('VR-2110', 'Malabar Home Loan Desk', 'Referral valuations, November', '18800.00', ['issue', 'send']),
  invoice('VR-2111', 'Aravalli Realty Partners', 'Channel onboarding', '15000.00', ['issue']),
  invoice('VR-2112', 'Gomti DSA Services', 'Training day', '6500.00', []),
];

export interface Commission {
  readonly title: string;
  readonly payer: string;
  readonly cost: number;
  readonly fees: string;
  /** Steps in order; `reject` and `cancel` carry their reason after a colon. */
  readonly steps: readonly string[];
}

export const COMMISSIONS: readonly Commission[] = [
  commission('Valuation of 14 flats, Baner', 'Sahyadri Property Advisors', 14, '42000.00', ['approve', 'deliver']),
  commission('Warehouse, Chakan phase II', 'Sahyadri Property Advisors', 20, '58000.00', ['approve']),
  commission('Farm land, Mulshi', 'Sahyadri Property Advisors', 6, '18000.00', [
    'approve',
    'cancel:Owner withdrew the sale',
  ]),
  commission('Home loan batch, Whitefield', 'Kaveri Referral Network', 10, '30000.00', ['approve', 'deliver']),
  commission('Home loan batch, Hebbal', 'Kaveri Referral Network', 8, '24000.00', ['approve']),
  commission('Row houses, Gachibowli', 'Deccan Loan Connect', 3, '9000.00', ['approve']),
  commission('Apartments, Kondapur', 'Deccan Loan Connect', 5, '15000.00', []),
  commission('Villa, Fort Kochi', 'Malabar Home Loan Desk', 2, '7500.00', ['approve']),
  commission('Tea estate bungalow, Munnar', 'Malabar Home Loan Desk', 4, '12500.00', [
    'reject:Title papers are incomplete',
  ]),
  commission('Portfolio review, 60 loans', 'Konark Housing Finance', 60, '150000.00', ['approve']),
  commission('Haveli, Amer road', 'Aravalli Realty Partners', 3, '11000.00', ['needs-information:Site plan missing']),
  commission('Shop row, Hazratganj', 'Gomti DSA Services', 2, '8000.00', []),
];

function partner(name: string, email: string, studio?: StudioAccount): Party {
  return { kind: 'partner', name, email, studio };
}

function client(name: string, email: string, studio?: StudioAccount): Party {
  return { kind: 'client', name, email, studio };
}

function assignment(code: string, title: string, ofClient: string, ofPartner?: string): Assignment {
  return { code, title, client: ofClient, partner: ofPartner };
}

function invoice(
  reference: string,
  payer: string,
  description: string,
  unitPrice: string,
  steps: readonly string[],
  late: { issuedDaysAgo?: number } = {},
): Invoice {
  return { reference, payer, description, unitPrice, steps, ...late };
}

function commission(title: string, payer: string, cost: number, fees: string, steps: readonly string[]): Commission {
  return { title, payer, cost, fees, steps };
}
